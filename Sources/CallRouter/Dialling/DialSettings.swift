/// How calls are placed and watched.
package struct DialSettings: Sendable, Equatable {
    /// `CALLS_PER_SECOND`.
    package var callsPerSecond: Double
    /// `RETRY_MINUTES`.
    package var rules: DialRules
    /// How long a call may ring: the carrier's own default.
    package var ringTime = Duration.seconds(60)
    /// A call of which nothing was heard is asked about so long after the time in which it may ring.
    package var firstCheck = Duration.seconds(15)
    /// And then again and again.
    package var checkInterval = Duration.seconds(30)
    /// A call that the carrier never confirmed is looked for in its list at this interval.
    package var searchInterval = Duration.seconds(5)
    /// And given up so long after the time in which it may ring.
    package var searchPatience = Duration.seconds(30)
    /// A call that the last process may not have sent is sent again no sooner after its dialling than this.
    package var settling = Duration.seconds(10)
    /// How long a carrier that cannot be asked about a call leaves it undecided.
    package var silencePatience = Duration.seconds(600)
    /// How long the action of a transfer may come after the end of its call.
    package var transferGrace = Duration.seconds(5)
    /// The wait of a loop that cannot go on now: draining, at capacity, without its store.
    package var pause = Duration.seconds(1)

    package init(callsPerSecond: Double, rules: DialRules) {
        self.callsPerSecond = callsPerSecond
        self.rules = rules
    }

    package init(_ dialling: RouterConfiguration.Dialling) {
        self.init(callsPerSecond: dialling.callsPerSecond, rules: DialRules(retryMinutes: dialling.retryMinutes))
    }

    /// How long a call may be without its first stream; longer than the dialler itself takes to find out about it.
    var patience: Duration {
        .seconds(CreateRetry.patience) + self.ringTime + self.firstCheck + self.checkInterval + .seconds(60)
    }
}
