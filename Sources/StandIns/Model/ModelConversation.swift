/// The items of a Realtime conversation and the rules for changing them.
package struct ModelConversation: Sendable {
    /// One item.
    package struct Item: Sendable, Equatable {
        package var id: String
        /// The item as events show it, without its status.
        package var content: Content
        package var isComplete = true
        /// Milliseconds of model audio that were sent for it (and not truncated since).
        package var audioMilliseconds = 0

        package enum Content: Sendable, Equatable {
            case message(role: String, parts: [Part])
            case functionCall(callID: String, name: String, arguments: String)
            case functionCallOutput(callID: String, output: String)
        }

        package enum Part: Sendable, Equatable {
            case inputText(String)
            /// What the stand-in understood; the event shows `transcript` as null until it is transcribed.
            case inputAudio(heard: String, transcript: String?)
            case outputText(String)
            case outputAudio(transcript: String)
        }
    }

    /// A change that the API would refuse.
    package struct Refusal: Error, Equatable {
        package var code: String
        package var message: String
        package var param: String?
    }

    package private(set) var items: [Item] = []

    package init() {}

    package func item(_ id: String) -> Item? { self.items.first { $0.id == id } }

    /// Adds an item after `previous` (nil: at the end, `root`: at the start) and returns the item it now follows.
    package mutating func insert(_ item: Item, after previous: String?) throws(Refusal) -> String? {
        guard self.item(item.id) == nil else {
            throw Refusal(code: "invalid_value", message: "Item with id '\(item.id)' already exists.", param: "item.id")
        }
        if case .functionCallOutput(let callID, _) = item.content, !self.hasCall(callID) {
            throw Refusal(
                code: "invalid_tool_call_id",
                message: "Tool call ID '\(callID)' not found in conversation.",
                param: "item.call_id"
            )
        }
        let position: Int
        switch previous {
        case nil: position = self.items.count
        case "root": position = 0
        case .some(let id):
            guard let index = self.items.firstIndex(where: { $0.id == id }) else {
                throw Refusal(
                    code: "item_not_found",
                    message: "Previous item with id '\(id)' does not exist.",
                    param: "previous_item_id"
                )
            }
            position = index + 1
        }
        self.items.insert(item, at: position)
        return position == 0 ? nil : self.items[position - 1].id
    }

    package mutating func update(_ id: String, _ change: (inout Item) -> Void) {
        guard let index = self.items.firstIndex(where: { $0.id == id }) else { return }
        change(&self.items[index])
    }

    package mutating func delete(_ id: String) throws(Refusal) {
        guard let index = self.items.firstIndex(where: { $0.id == id }) else {
            throw Refusal(
                code: "item_delete_invalid_item_id",
                message: "Error deleting item: the item with id '\(id)' does not exist.",
                param: "item_id"
            )
        }
        self.items.remove(at: index)
    }

    /// Cuts the audio of an assistant message; its transcript is gone with it.
    package mutating func truncate(_ id: String, contentIndex: Int?, endMilliseconds: Int?) throws(Refusal) {
        guard let index = self.items.firstIndex(where: { $0.id == id }) else {
            throw Refusal(
                code: "item_truncate_invalid_item_id",
                message: "Error truncating item: the item with id '\(id)' does not exist.",
                param: "item_id"
            )
        }
        guard contentIndex == 0 else {
            throw Refusal(code: "invalid_value", message: "Content index must be 0.", param: "content_index")
        }
        let item = self.items[index]
        guard let end = endMilliseconds, end > 0, item.audioMilliseconds > 0, item.isModelAudio else {
            throw Refusal(
                code: "unsupported_content_type",
                message: "Only model output audio messages can be truncated",
                param: nil
            )
        }
        guard end <= item.audioMilliseconds else {
            throw Refusal(
                code: "invalid_value",
                message: "Audio content of \(item.audioMilliseconds)ms is already shorter than \(end)ms",
                param: nil
            )
        }
        self.items[index].audioMilliseconds = end
        self.items[index].content = .message(role: "assistant", parts: [.outputAudio(transcript: "")])
    }

    /// The conversation as a script sees it.
    package var entries: [ConversationEntry] {
        self.items.compactMap { item in
            switch item.content {
            case .message(let role, let parts):
                .message(role: role, text: parts.map(\.text).filter { !$0.isEmpty }.joined(separator: " "))
            case .functionCall(_, let name, let arguments): .toolCall(name: name, arguments: arguments)
            case .functionCallOutput(let callID, let output):
                .toolOutput(name: self.toolName(callID) ?? "", output: output)
            }
        }
    }

    private func toolName(_ callID: String) -> String? {
        for case .functionCall(callID, let name, _) in self.items.map(\.content) { return name }
        return nil
    }

    private func hasCall(_ callID: String) -> Bool { self.toolName(callID) != nil }
}

extension ModelConversation.Item {
    /// An assistant message that is (also) sound.
    var isModelAudio: Bool {
        guard case .message(role: "assistant", let parts) = self.content else { return false }
        return parts.contains { if case .outputAudio = $0 { true } else { false } }
    }
}

extension ModelConversation.Item.Part {
    /// The words, as far as anybody knows them.
    var text: String {
        switch self {
        case .inputText(let text), .outputText(let text), .outputAudio(transcript: let text): text
        case .inputAudio(let heard, _): heard
        }
    }
}
