import Foundation

/// What becomes of a job that orders a call.
package enum JobOutcome: Sendable, Equatable {
    /// The carrier has the call, or has had it.
    case accepted(callSID: String?)
    /// The call is stored and will be dialled: the job is done.
    case stored
    /// The call must not be dialled before this time: the job waits, and this counts as no attempt.
    case delay(until: Date)
    /// The call will never be placed; the text says why, without its number.
    case refused(String)
    /// Nothing was stored: the job is to be tried again.
    case fault(String)
}
