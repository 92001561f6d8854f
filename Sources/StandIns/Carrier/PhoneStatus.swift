/// The states of a call as the carrier names them.
package enum PhoneStatus: String, Sendable, CaseIterable {
    case queued, initiated, ringing
    case inProgress = "in-progress"
    case completed, busy, failed, canceled
    case noAnswer = "no-answer"

    /// The call is over.
    package var isOver: Bool {
        switch self {
        case .completed, .busy, .failed, .canceled, .noAnswer: true
        case .queued, .initiated, .ringing, .inProgress: false
        }
    }

    /// The event that a `StatusCallbackEvent` asks for; nil where no callback is made.
    package var event: String? {
        switch self {
        case .queued: nil
        case .initiated: "initiated"
        case .ringing: "ringing"
        case .inProgress: "answered"
        case .completed, .busy, .failed, .canceled, .noAnswer: "completed"
        }
    }

    /// As a call object of the REST API shows it, which has no `initiated`.
    package var shown: String { self == .initiated ? Self.queued.rawValue : self.rawValue }
}
