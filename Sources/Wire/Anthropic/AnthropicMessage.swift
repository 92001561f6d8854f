/// One turn of a conversation with Claude: text only.
package struct AnthropicMessage: Sendable, Equatable {
    /// Who speaks.
    package enum Role: String, Sendable { case user, assistant }

    package var role: Role
    /// Plain text.
    package var content: String

    package init(role: Role, content: String) {
        self.role = role
        self.content = content
    }

    /// The turns as the Messages API takes them: no empty ones, consecutive ones of one role as one paragraph each,
    /// and a user's turn in front.
    ///
    /// - Parameters:
    ///   - messages: The turns, oldest first.
    ///   - opening: What the user says where the assistant would speak first.
    /// - Returns: Turns that alternate between user and assistant, the user first.
    package static func normalized(_ messages: [AnthropicMessage], opening: String) -> [AnthropicMessage] {
        var turns: [AnthropicMessage] = []
        for message in messages where !message.content.allSatisfy(\.isWhitespace) {
            if turns.isEmpty, message.role == .assistant {
                turns.append(AnthropicMessage(role: .user, content: opening))
            }
            if let last = turns.indices.last, turns[last].role == message.role {
                turns[last].content += "\n\n" + message.content
            } else {
                turns.append(message)
            }
        }
        return turns
    }
}
