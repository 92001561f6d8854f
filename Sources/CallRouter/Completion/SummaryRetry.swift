import CallActors
import Foundation

/// When a summary is tried next, and when it is given up.
///
/// The time left counts from the end of the call, so that a restart of the process neither shortens nor lengthens it.
/// At least one attempt is made, however late.
package struct SummaryRetry: Sendable, Equatable {
    /// The waits between attempts.
    package struct Policy: Sendable, Equatable {
        /// `SUMMARY_RETRY_SECONDS`: how long after the end of the call attempts are made.
        package var patience: Duration
        /// The wait after the first failure that another attempt may mend; it doubles with each further one.
        package var firstWait = Duration.seconds(1)
        /// The wait after the first failure that another attempt will hardly mend (a wrong key, a refusal).
        package var firstSlowWait = Duration.seconds(5)
        /// No wait is longer, but for one that the service asked for.
        package var longestWait = Duration.seconds(600)

        package init(patience: Duration) { self.patience = patience }
    }

    /// What follows from a failure.
    package enum Verdict: Sendable, Equatable {
        case again(at: Date)
        case giveUp
    }

    private let policy: Policy
    /// Attempts of this process that failed.
    package private(set) var failures = 0
    private var storeFailures = 0
    /// The next attempt is not made before.
    package private(set) var dueAt: Date

    /// The first attempt is due at once.
    package init(policy: Policy, now: Date) {
        self.policy = policy
        self.dueAt = now
    }

    /// Takes a failed attempt.
    ///
    /// - Parameters:
    ///   - error: Why it failed; the service's own wish for a pause is honoured.
    ///   - endedAt: When the call ended.
    ///   - now: When the attempt failed. The last attempt is made at the deadline, not before it.
    ///   - jitter: 0 to 1, random: spreads the attempts of calls that ended together.
    /// - Returns: When to try again, or that the summary is given up.
    package mutating func summaryFailed(
        _ error: ReasoningError,
        endedAt: Date,
        at now: Date,
        jitter: Double
    ) -> Verdict {
        self.failures += 1
        self.storeFailures = 0
        let deadline = endedAt.addingTimeInterval(self.policy.patience / .seconds(1))
        guard now < deadline else { return .giveUp }
        let first = error.isRetryable ? self.policy.firstWait : self.policy.firstSlowWait
        var wait = self.backoff(first, failures: self.failures, jitter: jitter)
        if case .overloaded(_, .some(let asked)) = error { wait = max(wait, asked) }
        self.dueAt = min(now.addingTimeInterval(wait / .seconds(1)), deadline)
        return .again(at: self.dueAt)
    }

    /// Takes a failure of the store: there is no deadline, since nothing can be written while it lasts.
    package mutating func storeFailed(at now: Date, jitter: Double) {
        self.storeFailures += 1
        let wait = self.backoff(self.policy.firstWait, failures: self.storeFailures, jitter: jitter)
        self.dueAt = now.addingTimeInterval(wait / .seconds(1))
    }

    /// `first`, doubled with each failure, bounded, and shortened by up to a quarter.
    private func backoff(_ first: Duration, failures: Int, jitter: Double) -> Duration {
        let doubled = first * (1 << min(max(failures - 1, 0), 20))
        return min(doubled, self.policy.longestWait) * (1 - 0.25 * min(max(jitter, 0), 1))
    }
}
