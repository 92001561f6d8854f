import NIOCore
import Testing

@testable import Wire

@Suite struct RealtimeEncodingTests {
    let dialect = RealtimeDialect(idleTimeout: .seconds(8))

    static let settings = ModelSessionSettings(
        instructions: "You are a polite assistant placing a phone call. Say you are an AI in the first sentence.",
        voice: "marin",
        format: .pcmu,
        transcriptionModel: "gpt-transcribe",
        language: "en",
        tools: [
            ModelTool(
                name: "end_call",
                description: "Hang up once the conversation is finished.",
                parameters: #"""
                    {"type":"object","properties":{"reason":{"type":"string",
                    "enum":["goal_achieved","declined","voicemail","do_not_call","other"]}},"required":["reason"]}
                    """#
            ),
            ModelTool(
                name: "consult_reasoner",
                description: "Ask the planning model what to say next.",
                parameters: #"""
                    {"type":"object","properties":{"situation":{"type":"string"},"question":{"type":"string"}},
                    "required":["situation","question"]}
                    """#
            ),
        ],
        idleTimeout: .seconds(8),
        maxOutputTokens: 1024
    )

    static let commands: [(String, ModelCommand)] = [
        ("c_0001", .configure(settings)),
        ("c_0003", .setTurnDetection(enabled: false)),
        ("c_0004", .commitAudio),
        ("c_0005", .clearAudio),
        ("c_0007", .createItem(.message(id: "item_hist_01", role: .user, text: "Yes, the sink is still leaking."))),
        (
            "c_0008",
            .createItem(
                .message(
                    id: "item_hist_02",
                    role: .assistant,
                    text: "Thanks. When would a plumber be able to visit?"
                )
            )
        ),
        (
            "c_0009",
            .createItem(
                .functionCallOutput(id: nil, callID: "call_AbC123", output: #"{"advice":"Offer Tuesday morning."}"#)
            )
        ),
        ("c_0010", .truncate(itemID: "item_A1", audioEnd: .milliseconds(1240))),
        ("c_0011", .deleteItem(itemID: "item_A1")),
        ("c_0013", .createResponse(ModelResponseRequest())),
        (
            "c_0014",
            .createResponse(
                ModelResponseRequest(
                    instructions: "Greet the person and identify yourself as an AI assistant.",
                    metadata: ["purpose": "greeting"]
                )
            )
        ),
        ("c_0016", .cancelResponse(id: "resp_001")),
    ]

    @Test("a command is written exactly as the API's own example", arguments: Self.commands)
    func example(eventID: String, command: ModelCommand) throws {
        let line = try #require(
            try ModelExamples.lines("openai-client.jsonl").first { $0.contains(#""event_id":"\#(eventID)""#) }
        )
        let message = self.dialect.encode(command, eventID: eventID)
        #expect(try ModelExamples.json(message) == ModelExamples.json(line))
    }

    @Test("every example that a call can express has been compared")
    func coverage() throws {
        let compared = Set(Self.commands.map(\.0))
        // Semantic turn detection, an item put in front, a retrieved item and an answer of 16 tokens: no call asks.
        let others: Set = ["c_0002", "c_0006", "c_0012", "c_0015"]
        for line in try ModelExamples.lines("openai-client.jsonl") {
            guard case .string(let id) = try ModelExamples.json(line)["event_id"] else { continue }
            #expect(compared.contains(id) || others.contains(id), "\(id)")
        }
    }

    @Test("an out-of-band response in text brings its own input and leaves the conversation alone")
    func outOfBand() throws {
        let line = try #require(try ModelExamples.lines("openai-client.jsonl").first { $0.contains("c_0015") })
        var expected = try ModelExamples.json(line)
        if case .object(var members) = expected, case .object(var response)? = members["response"] {
            response["max_output_tokens"] = nil
            members["response"] = .object(response)
            expected = .object(members)
        }
        let request = ModelResponseRequest(
            instructions: "Answer VOICEMAIL or HUMAN only.",
            metadata: ["purpose": "classify"],
            outOfBand: true,
            textOnly: true,
            input: [.message(id: nil, role: .user, text: "Please leave your message after the tone.")]
        )
        #expect(try ModelExamples.json(self.dialect.encode(.createResponse(request), eventID: "c_0015")) == expected)
    }

    @Test("turn detection comes back whole, with the idle timeout that the dialect was made with")
    func turnDetectionAgain() throws {
        let configured = try ModelExamples.json(self.dialect.encode(.configure(Self.settings), eventID: "e"))
        let again = try ModelExamples.json(self.dialect.encode(.setTurnDetection(enabled: true), eventID: "e"))
        let session = try #require(again["session"])
        #expect(session["type"] == "realtime")
        let detection = session["audio"]?["input"]?["turn_detection"]
        #expect(detection == configured["session"]?["audio"]?["input"]?["turn_detection"])
        #expect(detection?["idle_timeout_ms"] == 8000)
        #expect(session == ["type": "realtime", "audio": ["input": ["turn_detection": detection ?? .null]]])
    }

    @Test("without an idle timeout and a language the timeout is null and the language absent")
    func absentSettings() throws {
        var settings = Self.settings
        settings.idleTimeout = nil
        settings.language = nil
        settings.tools = []
        let session = try ModelExamples.json(self.dialect.encode(.configure(settings), eventID: "e"))["session"]
        let input = session?["audio"]?["input"]
        #expect(input?["turn_detection"]?["idle_timeout_ms"] == .null)
        #expect(input?["transcription"] == ["model": "gpt-transcribe"])
        #expect(session?["tools"] == [])
        #expect(session?["tracing"] == .null)
        #expect(input?["noise_reduction"] == .null)
    }

    @Test("linear PCM of every rate is asked for at 24000 samples a second", arguments: [16000, 24000])
    func linearPCM(rate: Int) throws {
        var settings = Self.settings
        settings.format = .l16(rate: rate)
        let audio = try ModelExamples.json(self.dialect.encode(.configure(settings), eventID: "e"))["session"]?["audio"]
        #expect(audio?["input"]?["format"] == ["type": "audio/pcm", "rate": 24000])
        #expect(audio?["output"]?["format"] == ["type": "audio/pcm", "rate": 24000])
    }

    @Test("an identifier beyond the API's 32 characters is left to the server")
    func longIdentifier() throws {
        func item(id: String?) throws -> JSONDocument? {
            let command = ModelCommand.createItem(.functionCall(id: id, callID: "c", name: "n", arguments: "{}"))
            return try ModelExamples.json(self.dialect.encode(command, eventID: "e"))["item"]
        }
        let fitting = String(repeating: "a", count: 32)
        #expect(try item(id: fitting)?["id"] == .string(fitting))
        #expect(try item(id: fitting + "a")?["id"] == nil)
        #expect(try item(id: nil)?["id"] == nil)
        #expect(try item(id: nil)?["type"] == "function_call")
        #expect(try item(id: nil)?["arguments"] == "{}")
    }

    @Test("metadata stays within the API's 16 pairs of 64 and 512 characters")
    func metadataBounds() throws {
        var metadata: [String: String] = [:]
        for index in 0..<20 {
            metadata["\(index)" + String(repeating: "k", count: 90)] = String(repeating: "v", count: 600)
        }
        let request = ModelResponseRequest(metadata: metadata)
        let message = try ModelExamples.json(self.dialect.encode(.createResponse(request), eventID: "e"))
        guard case .object(let pairs)? = message["response"]?["metadata"] else {
            Issue.record("no metadata")
            return
        }
        #expect(pairs.count == 16)
        for (key, value) in pairs {
            #expect(key.count == 64)
            #expect(value == .string(String(repeating: "v", count: 512)))
        }
    }

    @Test("a tool whose schema is no JSON object takes no parameters", arguments: ["", "[]", "{", "7"])
    func brokenSchema(text: String) throws {
        var settings = Self.settings
        settings.tools = [ModelTool(name: "t", description: "d", parameters: text)]
        let message = try ModelExamples.json(self.dialect.encode(.configure(settings), eventID: "e"))
        let expected: JSONDocument = [
            "type": "function", "name": "t", "description": "d", "parameters": ["type": "object", "properties": [:]],
        ]
        #expect(message["session"]?["tools"] == [expected])
    }

    @Test("text of any kind survives, in one line of JSON with its keys in order")
    func text() throws {
        let text = "Ünïcode “quotes” \"\\ / \n\t \u{0} 🙂 \u{2028}"
        let item = ModelHistoryItem.message(id: nil, role: .system, text: text)
        let message = self.dialect.encode(.createItem(item), eventID: "e")
        #expect(!message.readableBytesView.contains(UInt8(ascii: "\n")))
        let content: JSONDocument = [["type": "input_text", "text": .string(text)]]
        #expect(try ModelExamples.json(message)["item"]?["content"] == content)
        #expect(
            String(buffer: self.dialect.encode(.commitAudio, eventID: "a/b"))
                == #"{"event_id":"a/b","type":"input_audio_buffer.commit"}"#
        )
    }

    @Test("a response may be cancelled without naming it, and a tool choice is passed on")
    func smallThings() throws {
        #expect(
            try ModelExamples.json(self.dialect.encode(.cancelResponse(id: nil), eventID: "e"))
                == ["type": "response.cancel", "event_id": "e"]
        )
        let request = ModelResponseRequest(toolChoice: ModelResponseRequest.ToolChoice.none)
        #expect(
            try ModelExamples.json(self.dialect.encode(.createResponse(request), eventID: "e"))["response"]
                == ["tool_choice": "none"]
        )
    }
}
