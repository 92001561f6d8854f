/// Failures that wait to be reported.
///
/// At most ``capacity``; when it is full a new one gives way, since the first failures say most about what went wrong.
struct ReportQueue: Sendable {
    /// Some kilobytes each.
    static let capacity = 64

    private var limiter = ReportLimiter()
    private var waiting: [FailureReport] = []
    /// Reports that had no room, or came in too great a number, since that was last told.
    private(set) var lostCount = 0

    var count: Int { self.waiting.count }
    var first: FailureReport? { self.waiting.first }

    /// Takes a failure; true where it is to be sent.
    mutating func take(_ report: FailureReport, kind: String, at now: ContinuousClock.Instant) -> Bool {
        switch self.limiter.admit(kind, at: now) {
        case .repeated: return false
        case .send(let repeats) where self.waiting.count < Self.capacity:
            var report = report
            report.repeats = repeats
            self.waiting.append(report)
            return true
        case .send, .overflow:
            self.lostCount += 1
            return false
        }
    }

    /// The first was sent, or never will be.
    mutating func removeFirst() { self.waiting.removeFirst() }

    /// What was lost since this was asked the last time.
    mutating func takeLostCount() -> Int {
        defer { self.lostCount = 0 }
        return self.lostCount
    }
}
