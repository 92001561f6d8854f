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
    /// Refuses new calls and returns when no live call is left; nil sets no deadline.
    func drain(deadline: Duration?) async
    /// Takes calls again.
    func undrain() async
    /// Ends every live call without a goodbye.
    func endAllNow() async
    func shutdown() async
}
