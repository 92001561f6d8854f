import NIOCore

/// A request to Claude's Messages API.
///
/// It holds only what every current model takes: no `temperature`, `top_p` or `top_k`, which Claude 4.7 and later
/// reject, and no prefilled answer.
package struct AnthropicRequest: Sendable, Equatable {
    /// How much work the model puts into an answer.
    package enum Effort: String, Sendable { case low, medium, high, xhigh, max }

    /// How much the model thinks before it answers.
    package enum Thinking: Sendable, Equatable {
        /// What the model does by itself.
        case modelDefault
        /// As little as the model accepts, for answers that cannot wait.
        case least
    }

    /// The fields that a model may turn down and that a request can do without.
    package enum OptionalField: String, Sendable, CaseIterable { case thinking, effort }

    /// Such as `claude-haiku-5-5`.
    package var model: String
    /// Tokens of the answer, thinking included.
    package var maxTokens: Int
    /// Instructions, one block each; the last carries the cache mark, so what stays the same longest comes first.
    package var system: [String]
    /// The conversation, oldest turn first; the last one is the user's.
    package var messages: [AnthropicMessage]
    package var thinking: Thinking
    /// nil leaves it to the model.
    package var effort: Effort?
    /// A JSON Schema that the answer must follow: every object of it needs `additionalProperties: false`.
    package var outputSchema: JSONDocument?
    /// What the user says where the assistant would speak first.
    package var opening: String

    package init(
        model: String,
        maxTokens: Int,
        system: [String] = [],
        messages: [AnthropicMessage],
        thinking: Thinking = .modelDefault,
        effort: Effort? = nil,
        outputSchema: JSONDocument? = nil,
        opening: String = "(The conversation begins.)"
    ) {
        self.model = model
        self.maxTokens = maxTokens
        self.system = system
        self.messages = messages
        self.thinking = thinking
        self.effort = effort
        self.outputSchema = outputSchema
        self.opening = opening
    }

    /// The body of the request as JSON with its keys in order: equal prefixes are equal bytes.
    ///
    /// - Parameters:
    ///   - streaming: Asks for server-sent events instead of one message.
    ///   - without: Fields that the model has turned down.
    /// - Returns: A JSON object.
    package func body(streaming: Bool, without: Set<OptionalField> = []) -> ByteBuffer {
        var body: [String: JSONDocument] = [
            "model": .string(self.model),
            "max_tokens": .integer(self.maxTokens),
            "messages": .array(
                AnthropicMessage.normalized(self.messages, opening: self.opening).map { message in
                    ["role": .string(message.role.rawValue), "content": .string(message.content)]
                }
            ),
        ]
        if streaming { body["stream"] = true }
        let blocks = self.system.filter { !$0.allSatisfy(\.isWhitespace) }
        if !blocks.isEmpty {
            body["system"] = .array(
                blocks.indices.map { index in
                    Self.systemBlock(blocks[index], endsCachedPrefix: index == blocks.indices.last)
                }
            )
        }
        let optional = self.optionalFields.subtracting(without)
        if optional.contains(.thinking), let type = Self.leastThinking(of: self.model) {
            body["thinking"] = ["type": .string(type)]
        }
        var output: [String: JSONDocument] = [:]
        if optional.contains(.effort) { output["effort"] = self.effort.map { .string($0.rawValue) } }
        output["format"] = self.outputSchema.map { ["type": "json_schema", "schema": $0] }
        if !output.isEmpty { body["output_config"] = .object(output) }
        return JSONDocument.object(body).encoded()
    }

    /// The optional fields that this request has when nothing is left out.
    var optionalFields: Set<OptionalField> {
        var fields: Set<OptionalField> = []
        if self.thinking == .least, Self.leastThinking(of: self.model) != nil { fields.insert(.thinking) }
        if self.effort != nil { fields.insert(.effort) }
        return fields
    }

    private static func systemBlock(_ text: String, endsCachedPrefix: Bool) -> JSONDocument {
        var block: [String: JSONDocument] = ["type": "text", "text": .string(text)]
        if endsCachedPrefix { block["cache_control"] = ["type": "ephemeral"] }
        return .object(block)
    }

    /// Whether ``Thinking/least`` is no thinking at all: then `maxTokens` is all for the answer.
    package static func canAnswerWithoutThinking(_ model: String) -> Bool {
        Self.leastThinking(of: model) == "disabled"
    }

    /// The lowest `thinking` type that `model` takes; nil where it takes none, or where nobody knows.
    ///
    /// Haiku 5.5 may be told not to think; Sonnet 5.5 goes down to `between_tools`; Opus and Fable always think and
    /// reject the field.
    static func leastThinking(of model: String) -> String? {
        if model.hasPrefix("claude-haiku-5-5") { return "disabled" }
        if model.hasPrefix("claude-sonnet-5-5") { return "between_tools" }
        return nil
    }
}
