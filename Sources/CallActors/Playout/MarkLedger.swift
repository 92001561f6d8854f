/// The marks that are out at the carrier.
///
/// A name carries a generation, which `clear` moves on: a mark that comes back because its audio was thrown away does
/// not count as played. Unknown, doubled and foreign marks are ignored.
struct MarkLedger: Sendable {
    struct Mark: Sendable, Equatable {
        /// Bytes of the stream that have been played when the mark comes back.
        var position: Int
        /// When the playout clock expects it.
        var expectedAt: ContinuousClock.Instant
    }

    private var generation = 0
    private var serial = 0
    private var pending: [String: Mark] = [:]
    private var lastPosition: Int?

    /// Marks that a carrier never sent back; more of them than this are forgotten.
    private static let limit = 256

    var isEmpty: Bool { self.pending.isEmpty }

    /// The first audio of a generation, and then each `interval` bytes, deserve a mark.
    func isDue(at position: Int, interval: Int) -> Bool {
        guard let last = self.lastPosition else { return true }
        return position - last >= interval
    }

    mutating func issue(position: Int, expectedAt: ContinuousClock.Instant) -> String {
        if self.pending.count >= Self.limit { self.pending.removeAll() }
        self.serial += 1
        let name = "g\(self.generation):\(self.serial)"
        self.pending[name] = Mark(position: position, expectedAt: expectedAt)
        self.lastPosition = position
        return name
    }

    mutating func returned(_ name: String) -> Mark? { self.pending.removeValue(forKey: name) }

    /// The carrier was told to clear: what it sends back from here on for older marks proves nothing.
    mutating func cleared() {
        self.generation += 1
        self.pending.removeAll()
        self.lastPosition = nil
    }
}
