import Wire

/// When to open a model socket, when to try again, and when to give the model up.
package struct ModelSupervision: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        /// Waits for the call to begin.
        case idle
        /// Waits for the socket and the configured session.
        case opening
        /// A session is there since `since`.
        case ready(since: ContinuousClock.Instant)
        /// Waits for the next attempt.
        case waiting
        /// No session will come any more.
        case givenUp
    }

    package enum Action: Sendable, Equatable {
        case open
        case tryAgain(after: Duration)
        case giveUp
        /// Late news; nothing to do.
        case none
    }

    package private(set) var phase = Phase.idle
    /// Failures since a session last held.
    private var failures = 0
    private var reconnects = 0

    /// Waits before each further attempt: about 12 s in all, in which a caller still waits.
    private static let waits: [Duration] = [
        .milliseconds(100), .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(4),
    ]
    /// A session that held this long was a good one: the count starts again.
    private static let goodAfter = Duration.seconds(10)
    /// A call that loses its model this often will not get better.
    private static let reconnectLimit = 20

    package init() {}

    package var isReady: Bool {
        if case .ready = self.phase { return true }
        return false
    }

    package mutating func begin() -> Action {
        guard self.phase == .idle else { return .none }
        self.phase = .opening
        return .open
    }

    package mutating func opened(at now: ContinuousClock.Instant) {
        if self.phase == .opening { self.phase = .ready(since: now) }
    }

    /// The socket is gone, or could not be opened.
    ///
    /// - Parameters:
    ///   - cause: What the loss says about another attempt.
    ///   - now: The moment of the loss.
    ///   - jitter: 0 to 1, spreads the attempts of many calls that lost the same peer.
    /// - Returns: When to try again, or that it is no use.
    package mutating func lost(_ cause: ModelErrorClass, at now: ContinuousClock.Instant, jitter: Double) -> Action {
        switch self.phase {
        case .idle, .waiting, .givenUp: return .none
        case .ready(let since):
            if since.duration(to: now) >= Self.goodAfter { self.failures = 0 }
            self.reconnects += 1
        case .opening: break
        }
        self.failures += 1
        guard cause != .fatal, self.failures <= Self.waits.count, self.reconnects <= Self.reconnectLimit else {
            self.phase = .givenUp
            return .giveUp
        }
        self.phase = .waiting
        let wait = Self.waits[self.failures - 1] * (cause == .backOff ? 4 : 1)
        return .tryAgain(after: wait * (0.75 + 0.5 * min(1, max(0, jitter))))
    }

    package mutating func retryDue() -> Action {
        guard self.phase == .waiting else { return .none }
        self.phase = .opening
        return .open
    }

    /// A session near its end is replaced by a new one; not a failure.
    package mutating func rollOver() -> Action {
        guard self.isReady else { return .none }
        self.phase = .opening
        return .open
    }

    /// The session that is there or on its way is of no use any more; not a failure either.
    package mutating func startOver() -> Action {
        guard self.isReady || self.phase == .opening else { return .none }
        self.phase = .opening
        return .open
    }

    /// The call is over, or nobody may try again.
    package mutating func giveUp() { self.phase = .givenUp }
}
