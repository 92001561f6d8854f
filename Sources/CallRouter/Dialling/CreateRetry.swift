import CallActors
import Foundation

/// How often a create is sent again that the carrier could not take: within seconds, for up to a minute.
///
/// None of it counts as an attempt at the call.
package struct CreateRetry: Sendable, Equatable {
    /// What to do about a create that failed.
    package enum Verdict: Sendable, Equatable {
        /// Nothing was done at the carrier: send it again after this wait.
        case again(after: Duration)
        /// The carrier did not take it for a minute: the attempt has failed.
        case giveUp
        /// The carrier will never take it: the call has failed.
        case refused
        /// Nobody knows whether the call was placed: it is looked for.
        case unknown
    }

    /// How long a create is tried.
    package static let patience: TimeInterval = 60
    private static let longestWait = 10.0

    private let since: Date
    private var failures = 0

    package init(since: Date) { self.since = since }

    /// - Parameters:
    ///   - error: What the carrier said.
    ///   - now: When it said so.
    ///   - jitter: A random number from 0 to 1, which spreads the requests of many calls.
    /// - Returns: What is to be done.
    package mutating func failed(_ error: CarrierError, at now: Date, jitter: Double) -> Verdict {
        let asked: Duration?
        switch error {
        case .rejected: return .refused
        case .unanswered: return .unknown
        case .rateLimited(let retryAfter): asked = retryAfter
        case .unavailable: asked = nil
        }
        self.failures += 1
        let backoff = min(Self.longestWait, Double(1 << min(self.failures - 1, 8)))
        var wait = backoff * (0.75 + 0.25 * jitter)
        if let asked { wait = max(wait, asked / .seconds(1)) }
        guard now.addingTimeInterval(wait).timeIntervalSince(self.since) <= Self.patience else { return .giveUp }
        return .again(after: .milliseconds(Int64(wait * 1000)))
    }
}
