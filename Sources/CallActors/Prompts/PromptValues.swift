import Foundation

/// What the templates of a call may name, cleaned; a property is what a tag of the same name shows.
struct PromptValues {
    struct Fact {
        let label: String
        let value: String
    }

    /// Bound on how many facts a prompt shows.
    static let maxFactCount = 40

    /// Replaces the role that the template knows.
    var role: String?
    let inbound: Bool
    let direction: String
    let date: String
    let business: String?
    let phone: String?
    let service: String?
    let objective: String?
    let facts: [Fact]

    let transfer: Bool
    let keypad: Bool
    let callbacks: Bool

    init(_ record: CallRecord, tools: CallTools = CallTools()) {
        self.transfer = !tools.transferNumbers.isEmpty
        self.keypad = tools.sendsKeypad
        self.callbacks = tools.schedulesCallbacks
        func fact(_ key: PromptContextKey) -> String? {
            PromptText.line(record.context[key.rawValue], limit: PromptText.maxFactLength)
        }
        self.inbound = record.direction == .inbound
        self.direction = self.inbound ? "inbound, they called us" : "outbound, we called them"
        self.date = (record.startedAt ?? record.createdAt).formatted(.iso8601.year().month().day())
        self.business = fact(.businessName)
        self.phone = fact(.businessPhoneNumber)
        self.service = fact(.serviceCategory)
        self.objective = PromptText.line(record.objective)
        let known = PromptContextKey.allCases.compactMap { key in fact(key).map { Fact(label: key.label, value: $0) } }
        let others = record.context.keys.filter { PromptContextKey(rawValue: $0) == nil }.sorted()
            .prefix(Self.maxFactCount)
            .compactMap { key -> Fact? in
                guard
                    let label = PromptText.line(key.replacing("_", with: " "), limit: 100),
                    let value = PromptText.line(record.context[key], limit: PromptText.maxFactLength)
                else { return nil }
                return Fact(label: label, value: value)
            }
        self.facts = Array((known + others).prefix(Self.maxFactCount))
    }
}
