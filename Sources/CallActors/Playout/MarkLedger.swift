import DequeModule

/// The marks that are out at the carrier, oldest first.
///
/// A name carries the playout's own prefix and a generation, which `clear` moves on: a mark that comes back because its
/// audio was thrown away does not count as played. Unknown, doubled and foreign marks are ignored.
struct MarkLedger: Sendable {
    struct Mark: Sendable, Equatable {
        /// Bytes of the stream that have been played when the mark comes back.
        var position: Int
        /// When the playout clock expects it.
        var expectedAt: ContinuousClock.Instant
    }

    private let prefix: String
    private var generation = 0
    private var serial = 0
    private var pending = Deque<(name: String, mark: Mark)>()
    private var lastPosition: Int?
    /// The carrier let a mark lapse and has sent none back since: what is out says nothing.
    private var isIgnored = false

    /// Marks that a carrier never sent back; more of them than this are forgotten.
    private static let limit = 256
    /// A mark that is later than this will not come: neither carrier states how late a mark may be.
    private static let patience = Duration.seconds(2)

    /// - Parameter prefix: Tells the marks of this playout from those of an earlier one on the same stream.
    init(prefix: String = "") { self.prefix = prefix }

    var isEmpty: Bool { self.pending.isEmpty }

    /// The first audio of a generation, and then each `interval` bytes, deserve a mark.
    func isDue(at position: Int, interval: Int) -> Bool {
        guard let last = self.lastPosition else { return true }
        return position - last >= interval
    }

    mutating func issue(position: Int, expectedAt: ContinuousClock.Instant) -> String {
        if self.pending.count >= Self.limit { self.pending.removeFirst() }
        self.serial += 1
        let name = "\(self.prefix)g\(self.generation):\(self.serial)"
        self.pending.append((name, Mark(position: position, expectedAt: expectedAt)))
        self.lastPosition = position
        return name
    }

    /// Takes a mark that came back, and the ones before it with it: what they stood for has been played too.
    mutating func returned(_ name: String) -> Mark? {
        guard let index = self.pending.firstIndex(where: { $0.name == name }) else { return nil }
        let mark = self.pending[index].mark
        self.pending.removeFirst(index + 1)
        self.isIgnored = false
        return mark
    }

    /// The position that the carrier has not reached by `now`, since the mark behind it is still out; nil where no mark
    /// is out, or the carrier does not send marks back.
    func bound(at now: ContinuousClock.Instant) -> Int? {
        guard !self.isIgnored, let oldest = self.pending.first, !Self.hasLapsed(oldest.mark, at: now) else {
            return nil
        }
        return oldest.mark.position
    }

    /// The carrier was told to clear: what it sends back from here on for older marks proves nothing.
    mutating func cleared(at now: ContinuousClock.Instant) {
        if let oldest = self.pending.first, Self.hasLapsed(oldest.mark, at: now) { self.isIgnored = true }
        self.generation += 1
        self.pending.removeAll()
        self.lastPosition = nil
    }

    private static func hasLapsed(_ mark: Mark, at now: ContinuousClock.Instant) -> Bool {
        mark.expectedAt + Self.patience <= now
    }
}
