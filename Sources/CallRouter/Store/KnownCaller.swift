/// What is on record about the holder of a number that calls in.
package struct KnownCaller: Sendable, Equatable {
    package var leadID: String?
    package var businessID: String?
    package var consumerID: String?
    /// Facts for the prompt, as in ``CallRecord/context``.
    package var context: [String: String]

    package init(
        leadID: String? = nil,
        businessID: String? = nil,
        consumerID: String? = nil,
        context: [String: String] = [:]
    ) {
        self.leadID = leadID
        self.businessID = businessID
        self.consumerID = consumerID
        self.context = context
    }
}
