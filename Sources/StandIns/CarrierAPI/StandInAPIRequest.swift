/// One request to the carrier's REST API, as it came and as it was answered.
package struct StandInAPIRequest: Sendable {
    package var method: String
    /// The path without its query.
    package var path: String
    /// Of the query and the body.
    package var form: FormFields
    package var at: ContinuousClock.Instant
    /// nil where the connection was dropped.
    package var status: Int?
    /// The carrier's code of a refusal.
    package var code: Int?
    /// nil where the path is none of the API's.
    package var operation: StandInAPIFault.Operation?
}
