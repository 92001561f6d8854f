/// What the stand-in of Claude was asked.
package struct ClaudeRecord: Sendable {
    package struct Request: Sendable {
        package var kind: ClaudeSettings.Kind
        package var json: StandInJSON
        package var at: ContinuousClock.Instant
        /// What it was answered with instead of an answer.
        package var trouble: ClaudeSettings.Trouble?
    }

    package var requests: [Request] = []
    /// Paths and statuses of requests that were refused for what they were.
    package var refused: [String] = []

    package init() {}

    package func requests(_ kind: ClaudeSettings.Kind) -> [Request] { self.requests.filter { $0.kind == kind } }
}
