import Foundation

/// Spaces requests to place a call evenly: the carrier takes so many a second.
package struct DialPace: Sendable, Equatable {
    private let interval: TimeInterval
    private var next: Date?

    /// - Parameter callsPerSecond: `CALLS_PER_SECOND`; above 0.
    package init(callsPerSecond: Double) {
        self.interval = 1 / callsPerSecond
    }

    /// How long the next request has to wait; zero where it may go.
    package func wait(at now: Date) -> Duration {
        guard let next = self.next else { return .zero }
        let seconds = next.timeIntervalSince(now)
        // More than one interval ahead: the clock was set back.
        guard seconds > 0, seconds <= self.interval + 0.001 else { return .zero }
        return .milliseconds(Int64((seconds * 1000).rounded(.up)))
    }

    /// A request goes out.
    package mutating func take(at now: Date) { self.next = now.addingTimeInterval(self.interval) }
}
