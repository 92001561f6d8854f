import Foundation
import StandIns
import Testing

@Suite struct ModelProtocolTests {
    @Test("every event of a call has the members that the documented example of its type has, and no others")
    func documentedShapes() async throws {
        let documented = try Fixture.lines("openai-server.jsonl")
        let sent = try await Self.everyEvent()
        let seen = Set(sent.compactMap { $0["type"]?.string })
        for event in sent {
            let type = try #require(event["type"]?.string)
            let examples = documented.filter { $0["type"]?.string == type }
            // Two events are documented in words only: their members are spelled out here.
            let extra: [Set<String>] =
                switch type {
                case "conversation.item.retrieved": [["type", "event_id", "item"]]
                case "response.content_part.done", "response.output_text.delta": []
                default: []
                }
            let keys = Set(event.keys)
            let expected = examples.map { Set($0.keys) } + extra
            #expect(expected.contains(keys), "\(type) has \(keys.sorted())")
            let kind = Self.kind(event)
            let paths = Fixture.paths(event)
            let known = examples.filter { Self.kind($0) == kind }.map { Fixture.paths($0) }
            guard !known.isEmpty, type != "conversation.item.retrieved" else { continue }
            #expect(known.contains(paths), "\(type) \(kind) has \(paths.symmetricDifference(known[0]).sorted())")
        }
        let missing = Set(documented.compactMap { $0["type"]?.string }).subtracting(seen)
        #expect(missing.isEmpty, "never sent: \(missing.sorted())")
    }

    /// What tells two shapes of one event type apart: the kind of item, the end of a response, the status of its usage.
    private static func kind(_ event: StandInJSON) -> String {
        let item = event["item"]
        let response = event["response"]
        let session = event["session"]
        return [
            item?["type"]?.string, item?["role"]?.string, item?["content"]?.array?.first?["type"]?.string,
            response?["status"]?.string, response?["output"]?.array?.first?["type"]?.string,
            response?["metadata"].map { $0.isNull ? "plain" : "metadata" },
            response?["usage"].map { $0.isNull ? "free" : "usage" },
            response?["status_details"]?["error"].map { _ in "error" },
            response?["output"]?.array?.first?["content"]?.array?.first?["type"]?.string,
            session?["tools"]?.array.map { $0.isEmpty ? "none" : "tools" },
            session?["truncation"]?.string, session?["audio"]?["input"]?["transcription"]?.keys.joined(),
            session?["audio"]?["input"]?["format"]?.keys.joined(), event["part"]?["type"]?.string,
        ].map { $0 ?? "-" }.joined(separator: " ")
    }

    /// Goes through everything that the API can do, and returns what the stand-in sent.
    private static func everyEvent() async throws -> [StandInJSON] {
        var settings = ModelSettings.quick
        settings.faults.faults = [ModelFaults.Fault(at: .responsesDone(9), .expire)]
        let tool: StandInJSON = [
            "type": "function", "name": "consult_reasoner", "description": "Asks.",
            "parameters": [
                "type": "object",
                "properties": ["situation": ["type": "string"], "question": ["type": "string"]],
                "required": ["situation", "question"],
            ],
        ]
        let script: @Sendable (ModelTurn) -> ModelReply = { turn in
            switch (turn.cause, turn.callerText, turn.metadata["purpose"]) {
            case (.outOfBand, _, _): ModelReply([.say("VOICEMAIL")])
            case (_, SpeechLine.callerPrice.text, _):
                ModelReply([.call(name: "consult_reasoner", arguments: ["situation": "price"])])
            case (_, _, "fail"): ModelReply([.fail(code: "rate_limit_exceeded", message: "Rate limit reached.")])
            case (_, _, "cut"): ModelReply([.say(SpeechLine.hours.text), .incomplete])
            case (_, _, "long"):
                ModelReply([.pause(.milliseconds(1)), .say(SpeechLine.hours.text), .pause(.seconds(60))])
            case (_, _, "short"): .say(.stillThere)
            default: .say(.greeting)
            }
        }
        return try await withModel(settings: settings, script: script) { model in
            let client = try await RealtimeClient.connect(to: model)
            let idle: StandInJSON = ["type": "server_vad", "idle_timeout_ms": 8000]
            try await client.configure(tools: [tool], detection: idle)
            client.send(["type": "response.create", "response": ["metadata": ["purpose": "greeting"]]])
            try await client.expect("response.done")
            // A question that needs a tool.
            client.append(SpeechLibrary.shared.clip(.callerPrice))
            client.append(Murmur.silence(milliseconds: 700))
            try await client.expect("response.done", count: 2)
            let call = try await client.expect("response.function_call_arguments.done")
            client.send([
                "type": "conversation.item.create",
                "item": ["type": "function_call_output", "call_id": call["call_id"] ?? .null, "output": "{}"],
            ])
            client.send(["type": "response.create", "event_id": "c_13"])
            try await client.expect("response.done", count: 3)
            try await client.expect("conversation.item.input_audio_transcription.completed")
            // An answer that is talked over.
            client.send(["type": "response.create", "response": ["metadata": ["purpose": "long"]]])
            try await client.expect("response.content_part.added", count: 3)
            client.send(["type": "response.create", "event_id": "c_13"])
            client.append(SpeechLibrary.shared.clip(.callerInterrupts))
            try await client.expect("response.done", count: 4)
            let spoken = try await client.expect("response.output_audio.done", count: 3)
            let item = spoken["item_id"] ?? .null
            client.send([
                "type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 99_999,
            ])
            client.send([
                "type": "conversation.item.truncate", "item_id": item, "content_index": 0, "audio_end_ms": 240,
            ])
            try await client.expect("conversation.item.truncated")
            client.append(Murmur.silence(milliseconds: 700))
            try await client.expect("response.done", count: 5)
            for what in ["fail", "cut"] {
                client.send(["type": "response.create", "response": ["metadata": ["purpose": .string(what)]]])
                try await client.expect("response.done", count: what == "fail" ? 6 : 7)
            }
            client.send([
                "type": "response.create",
                "response": [
                    "conversation": "none", "output_modalities": ["text"], "metadata": ["purpose": "classify"],
                ],
            ])
            try await client.expect("response.done", count: 8)
            client.send(["type": "response.cancel", "event_id": "c_16"])
            client.send(["type": "input_audio_buffer.clear"])
            client.send(["type": "conversation.item.retrieve", "item_id": item])
            client.send(["type": "conversation.item.delete", "item_id": item])
            try await client.expect("conversation.item.deleted")
            // Nobody says anything.
            client.send([
                "type": "session.update",
                "session": [
                    "type": "realtime",
                    "audio": ["input": ["turn_detection": ["type": "server_vad", "idle_timeout_ms": 20]]],
                ],
            ])
            client.send(["type": "response.create", "response": ["metadata": ["purpose": "short"]]])
            try await client.expect("response.done", count: 9)
            try await client.expect("input_audio_buffer.timeout_triggered")
            try await client.expect("conversation.item.input_audio_transcription.failed")
            try await client.expect("response.done", count: 10)
            _ = try await client.log.wait(for: "the end") { $0.close }
            return client.log.current.events
        }
    }
}
