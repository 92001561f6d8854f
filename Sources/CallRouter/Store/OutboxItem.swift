import CallActors
import Foundation

/// Something that the hosted system of record has not heard yet.
struct OutboxItem: Sendable, Equatable {
    enum Kind: String, Sendable {
        /// The call as it stands now, with everything that changed since it was last written there.
        case call
        /// The status that the call's outcome gives its lead; written after the call itself.
        case lead
    }

    var sequence: Int64
    var callID: String
    var kind: Kind
    /// Grows with every change that this item stands for.
    var version: Int
    /// When the oldest of them was made.
    var queuedAt: Date
    /// Attempts to write it that failed since the last one that did not.
    var failures: Int
    /// Why the last attempt failed; nil before the first.
    var problem: String?
    /// The call as it is stored; nil where it is gone, or cannot be read.
    var record: CallRecord?
    /// The attempt that was last written there; 0 while the call is not there, as far as is known.
    var mirroredAttempt: Int
    /// The facts about lead and business were looked up.
    var isEnriched: Bool
    var leadID: String?
    var leadStatus: String?
}

extension CallRecord {
    /// The status that this call's outcome gives its lead; nil where it leaves the lead as it is.
    package var leadStatus: String? {
        switch self.outcome {
        case .goalAchieved: self.appointmentTime == nil ? "contacted" : "appointment_scheduled"
        case .declined: "declined"
        case .noAnswer, .voicemail: "contact_attempted"
        case .error, nil: nil
        }
    }
}
