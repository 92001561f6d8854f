import NIOCore
import Testing

@testable import Wire

@Suite struct AnthropicRequestTests {
    static func request(model: String = "claude-haiku-5-5") -> AnthropicRequest {
        AnthropicRequest(
            model: model,
            maxTokens: 200,
            system: ["Stable.", "Of this call."],
            messages: [AnthropicMessage(role: .user, content: "What now?")],
            thinking: .least,
            effort: .low
        )
    }

    private func body(_ request: AnthropicRequest, streaming: Bool = true) throws -> JSONDocument {
        try ModelExamples.json(request.body(streaming: streaming))
    }

    @Test("a streamed request that cannot wait has exactly these fields")
    func streamed() throws {
        #expect(
            try self.body(Self.request()) == [
                "model": "claude-haiku-5-5", "max_tokens": 200, "stream": true, "thinking": ["type": "disabled"],
                "output_config": ["effort": "low"],
                "system": [
                    ["type": "text", "text": "Stable."],
                    ["type": "text", "text": "Of this call.", "cache_control": ["type": "ephemeral"]],
                ],
                "messages": [["role": "user", "content": "What now?"]],
            ]
        )
    }

    @Test("a plain request has no field that it does not need")
    func plain() throws {
        let request = AnthropicRequest(
            model: "claude-opus-5-5",
            maxTokens: 10,
            system: [" \n"],
            messages: [AnthropicMessage(role: .user, content: "Hi")]
        )
        #expect(
            try self.body(request, streaming: false) == [
                "model": "claude-opus-5-5", "max_tokens": 10, "messages": [["role": "user", "content": "Hi"]],
            ]
        )
    }

    @Test("a schema goes into the output format, beside the effort")
    func schema() throws {
        var request = Self.request()
        request.outputSchema = ["type": "object", "additionalProperties": false]
        #expect(
            try self.body(request, streaming: false)["output_config"] == [
                "effort": "low",
                "format": ["type": "json_schema", "schema": ["type": "object", "additionalProperties": false]],
            ]
        )
    }

    @Test(
        "as little thinking as the model takes",
        arguments: [
            ("claude-haiku-5-5", "disabled"), ("claude-haiku-5-5-20261007", "disabled"),
            ("claude-sonnet-5-5", "between_tools"), ("claude-opus-5-5", nil), ("claude-fable-5-1", nil),
            ("claude-haiku-4-5", nil), ("somebody-elses", nil),
        ]
    )
    func thinking(model: String, type: String?) throws {
        let expected: JSONDocument? = type.map { ["type": .string($0)] }
        #expect(try self.body(Self.request(model: model))["thinking"] == expected)
        #expect(AnthropicRequest.canAnswerWithoutThinking(model) == (type == "disabled"))
        var relaxed = Self.request(model: model)
        relaxed.thinking = .modelDefault
        #expect(try self.body(relaxed)["thinking"] == nil)
    }

    @Test("fields that a model has turned down are left out")
    func without() throws {
        let request = Self.request()
        #expect(request.optionalFields == [.thinking, .effort])
        let body = try ModelExamples.json(request.body(streaming: true, without: [.thinking, .effort]))
        #expect(body["thinking"] == nil)
        #expect(body["output_config"] == nil)
        #expect(try ModelExamples.json(request.body(streaming: true, without: [.thinking]))["output_config"] != nil)
    }

    @Test("equal requests are equal bytes, so that the provider's cache finds them")
    func sameBytes() {
        let first = Self.request().body(streaming: true)
        for _ in 0..<20 { #expect(Self.request().body(streaming: true) == first) }
    }

    @Test("turns of one role become one, empty ones go, and the user always speaks first")
    func turns() {
        func turn(_ role: AnthropicMessage.Role, _ content: String) -> AnthropicMessage {
            AnthropicMessage(role: role, content: content)
        }
        let normalized = AnthropicMessage.normalized(
            [
                turn(.user, "  "), turn(.assistant, "Hello."), turn(.assistant, "This is an AI."), turn(.user, ""),
                turn(.assistant, "Still there?"), turn(.user, "Yes."), turn(.user, "What is it?"),
            ],
            opening: "(start)"
        )
        #expect(
            normalized == [
                turn(.user, "(start)"), turn(.assistant, "Hello.\n\nThis is an AI.\n\nStill there?"),
                turn(.user, "Yes.\n\nWhat is it?"),
            ]
        )
        #expect(AnthropicMessage.normalized([], opening: "(start)") == [])
    }

    @Test("whatever the turns, they alternate and the user begins")
    func alternation() {
        var random = ModelRandom(seed: 11)
        for _ in 0..<200 {
            let turns = (0..<Int.random(in: 0...12, using: &random)).map { _ in
                AnthropicMessage(
                    role: Bool.random(using: &random) ? .user : .assistant,
                    content: ["", " ", "a", "b"].randomElement(using: &random) ?? ""
                )
            }
            let normalized = AnthropicMessage.normalized(turns, opening: "(start)")
            for (index, turn) in normalized.enumerated() {
                #expect(turn.role == (index.isMultiple(of: 2) ? .user : .assistant))
                #expect(turn.content.contains { !$0.isWhitespace })
            }
            #expect(AnthropicMessage.normalized(normalized, opening: "(start)") == normalized)
        }
    }
}
