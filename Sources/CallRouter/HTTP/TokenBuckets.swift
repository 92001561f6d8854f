/// How many requests each client may still make: a token bucket for each, refilled steadily.
///
/// Holds at most ``limit`` clients; a client that is forgotten starts again with a full bucket.
package struct TokenBuckets: Sendable {
    /// One client.
    package struct Key: Hashable, Sendable {
        package let peer: String
        package let isAuthorized: Bool

        package init(peer: String, isAuthorized: Bool) {
            self.peer = peer
            self.isAuthorized = isAuthorized
        }
    }

    private struct Bucket {
        /// When the bucket would be full if nothing more were taken.
        var fullAt: ContinuousClock.Instant
    }

    /// Clients that are remembered; about 100 bytes each.
    package static let limit = 10_000

    private let capacity: Int
    private let interval: Duration
    private var buckets: [Key: Bucket] = [:]

    /// - Parameter perMinute: Requests that a client may make each minute, and at once after a pause.
    package init(perMinute: Int) {
        self.capacity = max(1, perMinute)
        self.interval = .seconds(60) / self.capacity
    }

    package var count: Int { self.buckets.count }

    /// Takes one token and returns nil; or returns the whole seconds after which there is one again.
    package mutating func take(_ key: Key, at now: ContinuousClock.Instant) -> Int? {
        let fullAt = max(self.buckets[key]?.fullAt ?? now, now)
        let missing = now.duration(to: fullAt)
        let room = self.interval * (self.capacity - 1)
        guard missing <= room else {
            let wait = missing - room
            return max(1, Int((wait / .seconds(1)).rounded(.up)))
        }
        if self.buckets[key] == nil, self.buckets.count >= Self.limit { self.makeRoom(at: now) }
        self.buckets[key] = Bucket(fullAt: fullAt + self.interval)
        return nil
    }

    /// Forgets the clients with full buckets, to whom it makes no difference; failing that, half of them.
    private mutating func makeRoom(at now: ContinuousClock.Instant) {
        self.buckets = self.buckets.filter { $0.value.fullAt > now }
        guard self.buckets.count >= Self.limit else { return }
        let kept = self.buckets.sorted { $0.value.fullAt > $1.value.fullAt }.prefix(Self.limit / 2)
        self.buckets = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
    }
}
