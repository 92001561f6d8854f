/// When to connect again after a Redis could not be reached.
package struct RedisBackoff: Sendable, Equatable {
    private static let first = Duration.milliseconds(100)
    private static let longest = Duration.seconds(10)

    /// Attempts that failed since the last good one.
    package private(set) var failures = 0
    /// No attempt is made before; nil: at once.
    package private(set) var notBefore: ContinuousClock.Instant?

    package init() {}

    /// Takes note of a failed attempt: the wait doubles from 100 ms to 10 s, less a random part of up to half of it.
    ///
    /// - Parameters:
    ///   - now: When it failed.
    ///   - jitter: A random number from 0 to 1.
    package mutating func failed(at now: ContinuousClock.Instant, jitter: Double) {
        self.failures += 1
        let doubled = Self.first * Double(1 << min(self.failures - 1, 20))
        self.notBefore = now.advanced(by: min(doubled, Self.longest) * (1 - jitter / 2))
    }

    package mutating func succeeded() { self = RedisBackoff() }

    /// How long to wait before the next attempt.
    package func wait(at now: ContinuousClock.Instant) -> Duration {
        max(.zero, self.notBefore.map { now.duration(to: $0) } ?? .zero)
    }
}
