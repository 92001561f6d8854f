/// Something that goes wrong with one request to the carrier's REST API.
package struct StandInAPIFault: Sendable, Equatable {
    package enum Operation: Sendable, Equatable { case create, fetch, list, update }

    package enum Action: Sendable, Equatable {
        /// Answers with this status and the carrier's code, and does nothing.
        case refuse(status: Int, code: Int, retryAfterSeconds: Int? = nil)
        /// Drops the connection without an answer, and does nothing.
        case drop
        /// Does what was asked, and drops the connection without an answer.
        case dropAfterwards
        /// Does what was asked, and never answers.
        case hangAfterwards
        /// Does what was asked, and answers this much later.
        case delay(Duration)
    }

    /// nil for any.
    package var operation: Operation?
    package var action: Action

    package init(_ action: Action, on operation: Operation? = nil) {
        self.operation = operation
        self.action = action
    }
}
