import CallActors

/// The calls of this process, as its routes and its drain use them.
///
/// The properties may be read from anywhere at any time and never wait.
package protocol CallSwitchboard: Sendable {
    /// Calls that are live now.
    var activeCallCount: Int { get }
    /// New calls are refused.
    var isDraining: Bool { get }
    /// Another call would be taken; reservations count as calls.
    var hasCapacity: Bool { get }

    /// Takes up the calls that the last process left; called once, before anything listens.
    func recover() async
    /// Runs the calls; returns after ``shutdown()``, when all of them are stored.
    func run() async
    func isLive(callID: String) async -> Bool
    /// Ends a live call for an operator; false where there is none.
    func hangUp(callID: String) async -> Bool
    /// Has the AI speak this text in a live call, after the response now playing; false where there is none.
    func say(callID: String, text: String) async -> Bool
    /// Hands a live call to a number that was checked before: the AI announces it, then the carrier dials; false where
    /// the call is not live, or has no carrier account.
    func transfer(callID: String, to number: String) async -> Bool
    /// The number that a call is being handed to; nil where none is.
    func transferTarget(callID: String) async -> String?
    /// The dialled leg of a transfer is over: answered, the call ends `transferred`; else the AI takes it back.
    func transferEnded(callID: String, answered: Bool) async
    /// A call was sent to the carrier: it counts as one from now on, until its end, and a drain waits for it.
    ///
    /// - Parameters:
    ///   - callID: The call.
    ///   - patience: How long its first stream may take: ringing, and what comes before.
    func dialled(callID: String, patience: Duration) async
    /// A dialled call was answered: its stream is due within `RESUME_SECONDS`.
    func answered(callID: String) async
    /// A dialled call is off the carrier's line and not over: it waits for another attempt.
    func withdrawn(callID: String) async
    /// The carrier's answering machine detection has a result.
    func detected(_ answeredBy: AnsweredBy, callID: String) async
    /// The carrier says that the call is over: ends it for `reason`, in its session or, where none runs, on record.
    func carrierEnded(callID: String, reason: EndReason, errorMessage: String?) async
    /// Refuses new calls until ``undrain()``.
    func refuseCalls() async
    /// Returns when no live call is left, or ``undrain()`` ended the wait; past the deadline, if any, says goodbye.
    func waitUntilDrained(deadline: Duration?) async
    /// Takes calls again.
    func undrain() async
    /// Ends every live call without a goodbye.
    func endAllNow() async
    func shutdown() async
}
