import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import StandIns
import Testing

@Suite struct StandInClaudeTests {
    private func ask(
        _ claude: StandInClaude,
        _ json: StandInJSON,
        key: String = "sk-ant-stand-in",
        version: String? = "2023-06-01"
    ) async throws -> (status: Int, body: String) {
        var request = HTTPClientRequest(url: claude.url + "/v1/messages")
        request.method = .POST
        request.headers = ["x-api-key": key, "content-type": "application/json"]
        if let version { request.headers.add(name: "anthropic-version", value: version) }
        request.body = .bytes(json.buffer)
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        return (Int(response.status.code), String(buffer: try await response.body.collect(upTo: 1 << 20)))
    }

    private func withClaude<Value>(
        _ settings: ClaudeSettings = ClaudeSettings(),
        _ body: (StandInClaude) async throws -> Value
    ) async throws -> Value {
        var settings = settings
        settings.delay = .milliseconds(1)
        let claude = try await StandInClaude.start(settings: settings)
        do {
            let value = try await body(claude)
            await claude.stop()
            return value
        } catch {
            await claude.stop()
            throw error
        }
    }

    private let question: StandInJSON = [
        "model": "claude-haiku-5-5", "max_tokens": 200, "stream": true, "thinking": ["type": "disabled"],
        "messages": [["role": "user", "content": "May I offer a discount?"]],
    ]

    private func summary(of transcript: String) -> StandInJSON {
        let properties: StandInJSON = [
            "status": ["type": "string", "enum": ["goal_achieved", "no_answer", "voicemail", "declined", "error"]],
            "summary": ["type": "string"], "consumer_interest_level": ["type": "string"],
            "next_action": ["type": ["string", "null"]], "appointment_time": ["type": ["string", "null"]],
            "quote_amount": ["type": ["number", "null"]], "language": ["type": "string", "enum": ["en", "fr"]],
        ]
        return [
            "model": "claude-haiku-5-5", "max_tokens": 2000,
            "messages": [["role": "user", "content": .string(transcript)]],
            "output_config": [
                "format": [
                    "type": "json_schema",
                    "schema": ["type": "object", "additionalProperties": false, "properties": properties],
                ]
            ],
        ]
    }

    private func events(_ body: String) throws -> [StandInJSON] {
        try body.split(separator: "\n").filter { $0.hasPrefix("data: ") }
            .map { try StandInJSON(parsing: String($0.dropFirst(6))) }
    }

    @Test("a question is answered in the documented events, in their order")
    func streams() async throws {
        let documented = try Fixture.text("anthropic-sse.txt").split(separator: "\n").filter { $0.hasPrefix("data: ") }
            .map { try StandInJSON(parsing: String($0.dropFirst(6))) }
        let (status, body) = try await self.withClaude { try await self.ask($0, self.question) }
        #expect(status == 200)
        let events = try self.events(body)
        for event in events {
            let examples = documented.filter { $0["type"] == event["type"] }.map { Fixture.paths($0) }
            #expect(examples.contains(Fixture.paths(event)), "\(event.text)")
        }
        #expect(events.first?["type"] == "message_start")
        #expect(events.last?["type"] == "message_stop")
        let text = events.compactMap { $0["delta"]?["text"]?.string }.joined()
        #expect(text == SpeechLine.advice.text)
        let names = body.split(separator: "\n").filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
        #expect(names == events.compactMap { $0["type"]?.string })
    }

    @Test("a model that thinks says so in a block of its own, unless that is turned off")
    func thinks() async throws {
        var settings = ClaudeSettings()
        settings.thinks = true
        try await self.withClaude(settings) { claude in
            let quiet = try self.events(try await self.ask(claude, self.question).body)
            #expect(!quiet.contains { $0["content_block"]?["type"] == "thinking" })
            let (_, body) = try await self.ask(claude, self.question.setting("thinking", ["type": "adaptive"]))
            let blocks = try self.events(body).compactMap { $0["content_block"]?["type"]?.string }
            #expect(blocks == ["thinking", "text"])
        }
    }

    @Test("a summary has every property of the schema, and the same transcript has the same outcome")
    func summarizes() async throws {
        let cases: [(transcript: String, status: String)] = [
            ("AI: \(SpeechLine.booked.text)", "goal_achieved"),
            ("Caller: \(SpeechLine.callerDeclines.text)", "declined"),
            ("Caller: \(SpeechLine.machineGreeting.text)", "voicemail"), ("Caller: hello?", "declined"),
            ("AI: \(SpeechLine.advice.text)", "goal_achieved"),
        ]
        try await self.withClaude { claude in
            for (transcript, expected) in cases {
                let (status, body) = try await self.ask(claude, self.summary(of: transcript))
                #expect(status == 200)
                let message = try StandInJSON(parsing: body)
                #expect(message["stop_reason"] == "end_turn")
                let text = try #require(message["content"]?.array?.first?["text"]?.string)
                let answer = try StandInJSON(parsing: text)
                #expect(answer["status"]?.string == expected, "\(transcript)")
                #expect(answer.keys.count == 7)
                #expect(answer["language"] == "en")
            }
            #expect(claude.record.current.requests(.summary).count == cases.count)
        }
    }

    @Test("troubles come in their order, then requests are answered")
    func troubles() async throws {
        var settings = ClaudeSettings()
        settings.reasoningTroubles = [.status(529), .status(429), .refusal, .cut, .errorEvent]
        settings.summaryTroubles = [.malformed]
        try await self.withClaude(settings) { claude in
            #expect(try await self.ask(claude, self.question).status == 529)
            #expect(try await self.ask(claude, self.question).status == 429)
            let refusal = try self.events(try await self.ask(claude, self.question).body)
            #expect(refusal.contains { $0["delta"]?["stop_reason"] == "refusal" })
            let cut = try self.events(try await self.ask(claude, self.question).body)
            #expect(cut.contains { $0["delta"]?["stop_reason"] == "max_tokens" })
            let error = try self.events(try await self.ask(claude, self.question).body)
            #expect(error.last?["error"]?["type"] == "overloaded_error")
            #expect(try await self.ask(claude, self.question).status == 200)
            let broken = try StandInJSON(parsing: try await self.ask(claude, self.summary(of: "x")).body)
            let text = try #require(broken["content"]?.array?.first?["text"]?.string)
            #expect(throws: StandInJSONError.self) { try StandInJSON(parsing: text) }
        }
    }

    @Test("a dropped answer ends the connection")
    func aborts() async throws {
        var settings = ClaudeSettings()
        settings.permanentTrouble = (.reasoning, .abort)
        await #expect(throws: (any Error).self) {
            try await self.withClaude(settings) { try await self.ask($0, self.question) }
        }
    }

    @Test("what the API rejects today is rejected")
    func rejects() async throws {
        try await self.withClaude { claude in
            let bad: [StandInJSON] = [
                self.question.setting("temperature", 0.5), self.question.setting("messages", []),
                self.question.setting("messages", [["role": "assistant", "content": "Hi"]]),
                self.question.setting("max_tokens", .null),
                self.question.setting(
                    "messages",
                    [["role": "user", "content": "Hi"], ["role": "assistant", "content": "{"]]
                ),
                self.question.setting(
                    "output_config",
                    ["format": ["type": "json_schema", "schema": ["type": "object"]]]
                ),
            ]
            for json in bad {
                let status = try await self.ask(claude, json).status
                #expect(status == 400, "\(json.text)")
            }
            let (wrongKey, _) = try await self.ask(claude, self.question, key: "wrong")
            #expect(wrongKey == 401)
            let (noVersion, _) = try await self.ask(claude, self.question, version: nil)
            #expect(noVersion == 400)
            #expect(claude.record.current.refused.count == bad.count + 2)
        }
    }

    @Test("a model's page says that it is active")
    func modelPage() async throws {
        try await self.withClaude { claude in
            var request = HTTPClientRequest(url: claude.url + "/v1/models/claude-haiku-5-5")
            request.headers = ["x-api-key": "sk-ant-stand-in", "anthropic-version": "2023-06-01"]
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
            let json = try StandInJSON(parsing: try await response.body.collect(upTo: 1 << 16))
            #expect(json["id"] == "claude-haiku-5-5")
            #expect(json["lifecycle"] == "active")
        }
    }
}
