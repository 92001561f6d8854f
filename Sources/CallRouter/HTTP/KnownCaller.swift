/// What the system of record knows of somebody who calls.
package struct KnownCaller: Sendable, Equatable {
    package var leadID: String?
    package var businessID: String?
    package var consumerID: String?
    /// Facts that the prompt may use, by the names of ``PromptContextKey`` and others.
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
