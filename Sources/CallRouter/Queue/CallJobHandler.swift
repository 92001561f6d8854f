import CallActors
import Foundation

/// Does what a job of the queue asks for: places a call, or stores it to be placed.
package protocol CallJobHandler: Sendable {
    /// Another call would be taken now; read before every job, from anywhere, and must not wait.
    var canTake: Bool { get }

    /// Takes an order.
    ///
    /// The same order may come again after a crash: a call that is known already counts as taken. Cancelled at the end
    /// of the process; it should then return soon.
    ///
    /// - Parameter order: The job as an order; its call ID is always set.
    /// - Returns: What became of it.
    func take(_ order: NewCall) async -> CallJobResult
}

/// What became of the order that a job holds.
package enum CallJobResult: Sendable, Equatable {
    /// The carrier has accepted the call.
    case accepted(callSID: String?)
    /// The router has stored the call and will dial it by itself.
    case stored
    /// Nothing was stored; the job must come again then, which counts as no attempt.
    case delay(until: Date)
    /// The call must never be placed; why, without the number.
    case refused(String)
    /// Something failed that may work later; what, without the number.
    case fault(String)
}
