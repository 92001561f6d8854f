import Foundation
import Mustache

/// What the templates of a call may name, cleaned; a tag shows the property of its name.
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

// Mustache looks its tags up by reflection otherwise, which took half of the time that the texts of a call took.
extension PromptValues: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "role": self.role
        case "inbound": self.inbound
        case "direction": self.direction
        case "date": self.date
        case "business": self.business
        case "phone": self.phone
        case "service": self.service
        case "objective": self.objective
        case "facts": self.facts
        case "transfer": self.transfer
        case "keypad": self.keypad
        case "callbacks": self.callbacks
        default: nil
        }
    }
}

extension PromptValues.Fact: MustacheParent {
    func child(named name: String) -> Any? {
        switch name {
        case "label": self.label
        case "value": self.value
        default: nil
        }
    }
}
