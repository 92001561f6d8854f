import Foundation
import Wire

/// How long a job that failed waits before its next attempt: the `backoff` of its options.
package struct JobBackoff: Sendable, Equatable {
    package enum Kind: Sendable, Equatable { case fixed, exponential }

    package var kind: Kind
    /// Milliseconds; before the second attempt, and doubled before each further one where exponential.
    package var delay: Double
    /// The part of the wait that is left to chance, from 0 to 1.
    package var jitter: Double

    /// At most this long, in milliseconds: a year.
    private static let longest = 365.0 * 86_400_000

    package init(kind: Kind, delay: Double, jitter: Double = 0) {
        self.kind = kind
        self.delay = delay
        self.jitter = jitter
    }

    /// Reads `{"type":"exponential","delay":5000}`, or a number for a fixed wait; nil where there is none.
    ///
    /// A type that only the producer knows counts as a fixed wait.
    package init?(_ value: JSONDocument?) {
        guard let value else { return nil }
        if let delay = value.double {
            self.init(kind: .fixed, delay: delay)
        } else if case .object = value {
            self.init(
                kind: value["type"] == .string("exponential") ? .exponential : .fixed,
                delay: value["delay"]?.double ?? 0,
                jitter: min(1, max(0, value["jitter"]?.double ?? 0))
            )
        } else {
            return nil
        }
    }

    /// The wait in milliseconds.
    ///
    /// - Parameters:
    ///   - attempts: Attempts made, the one that just failed included.
    ///   - random: A random number from 0 to 1.
    /// - Returns: The wait, less what jitter takes off it.
    package func wait(afterAttempts attempts: Int, random: Double = 0) -> Int {
        let factor = self.kind == .exponential ? pow(2, Double(max(0, attempts - 1))) : 1
        let whole = min(Self.longest, max(0, (factor * self.delay).rounded()))
        return Int(whole - (whole * self.jitter * random).rounded(.down))
    }
}
