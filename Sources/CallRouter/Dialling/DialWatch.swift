import CallActors
import Foundation

/// A call that was sent to the carrier and is not in a session: what the dialler knows of it, and when to look again.
struct DialWatch: Sendable {
    /// What is being waited for.
    enum Purpose: Sendable, Equatable {
        /// The answer to its create.
        case placing
        /// A stream, or news of its end.
        case ringing
        /// The action of its transfer, after its end.
        case transfer
        /// That its attempt is on record as failed.
        case failing(EndReason, errorMessage: String?)
        /// Its end on record.
        case ending(EndReason, errorMessage: String?)
    }

    var purpose: Purpose
    var attempt: Int
    /// When this attempt was sent.
    var dialledAt: Date
    /// When this process took it up.
    var since: Date
    var nextCheck: Date
    /// Where it rings, in E.164.
    var number: String
    /// What the carrier calls it, where the store could not be told yet.
    var callSID: String?
    /// The last process sent it.
    var isRecovered = false
    var wasAnswered = false
    /// How often in a row the carrier's list did not hold it.
    var emptyLists = 0
}
