/// Decides which failures are reported: each kind once a minute, and so many in all.
///
/// A part that fails a hundred times a second is one failure; what is held back of a kind is counted and told with the
/// next report of it.
struct ReportLimiter: Sendable {
    enum Verdict: Sendable, Equatable {
        /// To be sent, and how many of its kind were held back since the last.
        case send(repeats: Int)
        /// The same was sent within the minute.
        case repeated
        /// Too many failures of too many kinds: this one is lost.
        case overflow
    }

    /// The time in which one failure of a kind is sent.
    static let window = Duration.seconds(60)
    /// Failures of all kinds in that time.
    static let budget = 30
    /// Kinds that are remembered; the one that was sent longest ago is forgotten first.
    static let kindLimit = 256

    private struct Sent {
        var at: ContinuousClock.Instant
        var repeats = 0
    }

    private var kinds: [String: Sent] = [:]
    private var windowStart: ContinuousClock.Instant?
    private var sentInWindow = 0

    /// How many kinds are remembered.
    var kindCount: Int { self.kinds.count }

    /// Takes note of one failure, and says what becomes of it.
    mutating func admit(_ kind: String, at now: ContinuousClock.Instant) -> Verdict {
        if let sent = self.kinds[kind], sent.at.duration(to: now) < Self.window {
            self.kinds[kind]?.repeats += 1
            return .repeated
        }
        if self.windowStart.map({ $0.duration(to: now) >= Self.window }) ?? true {
            self.windowStart = now
            self.sentInWindow = 0
        }
        guard self.sentInWindow < Self.budget else { return .overflow }
        self.sentInWindow += 1
        let repeats = self.kinds[kind]?.repeats ?? 0
        if self.kinds[kind] == nil, self.kinds.count >= Self.kindLimit,
            let oldest = self.kinds.min(by: { $0.value.at < $1.value.at })
        {
            self.kinds[oldest.key] = nil
        }
        self.kinds[kind] = Sent(at: now)
        return .send(repeats: repeats)
    }
}
