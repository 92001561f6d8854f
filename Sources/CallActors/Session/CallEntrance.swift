import Wire

/// The way into a call for handlers that already run on its loop, for what comes with each frame, and
/// for timers.
///
/// Its methods act at once; called anywhere else than on the call's loop they stop the process, as `assumeIsolated` would,
/// which allocates twice a call.
package protocol CallEntrance: AnyObject, Sendable {
    /// Takes a message of the attached stream; those of an earlier one are late news.
    func receive(_ event: CarrierEvent, from link: UInt64, readAt: ContinuousClock.Instant)
    /// One read from the carrier's socket has been handed over.
    func carrierReadComplete()
    /// Takes what the model says on the socket of this generation.
    func receive(_ event: ModelEvent, generation: Int, readAt: ContinuousClock.Instant)
    /// One read from the model's socket has been handed over.
    func modelReadComplete()
    /// The playout is to be asked again.
    func pumpDue()
    /// A timer of the call has gone off.
    func timerDue(_ key: CallSession.TimerKey)
}

// The compiler puts the check that we are on the loop into each of these.
extension CallSession: @preconcurrency CallEntrance {}
