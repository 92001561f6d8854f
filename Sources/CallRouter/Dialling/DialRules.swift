import CallActors
import Foundation

/// When a call that nobody answered is tried again.
package struct DialRules: Sendable, Equatable {
    /// What becomes of a call after an attempt that came to no talk.
    package enum Verdict: Sendable, Equatable {
        case again(attempt: Int, dialAt: Date)
        case over
    }

    /// Waits before further attempts, in minutes; empty: one attempt.
    package var retryMinutes: [Int]

    package init(retryMinutes: [Int]) { self.retryMinutes = retryMinutes }

    /// Decides after an attempt, from 1 on, that was not answered, was busy or failed.
    ///
    /// - Parameters:
    ///   - attempt: The one that failed.
    ///   - now: When it did.
    ///   - isOptedOut: The number must not be called any more.
    ///   - opening: The first moment from a date on at which the callee may be called.
    /// - Returns: The next attempt and its time, or that there is none.
    package func afterFailure(
        ofAttempt attempt: Int,
        at now: Date,
        isOptedOut: Bool,
        opening: (Date) -> Date
    ) -> Verdict {
        let index = max(attempt, 1) - 1
        guard !isOptedOut, self.retryMinutes.indices.contains(index) else { return .over }
        let wait = TimeInterval(self.retryMinutes[index] * 60)
        return .again(attempt: index + 2, dialAt: opening(now.addingTimeInterval(wait)))
    }
}
