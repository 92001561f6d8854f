import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import Wire

@Suite struct AnthropicClientTests {
    typealias Step = ScriptedHTTPServer.Step

    /// The error of a request to a server that answers by `steps`.
    private func error(_ steps: [Step], streaming: Bool = true) async throws -> AnthropicError? {
        var found: AnthropicError?
        try await AnthropicExchange.run { _, _ in
            steps
        } _: { client, server in
            do throws(AnthropicError) {
                let request = AnthropicRequestTests.request()
                _ =
                    streaming
                    ? try await client.stream(request, timeout: AnthropicExchange.patience)
                    : try await client.send(request, timeout: AnthropicExchange.patience)
            } catch {
                found = error
            }
            #expect(server.requests.count == 1, "one attempt")
        }
        return found
    }

    @Test("a request carries key, version and body, and the streamed answer comes back whole")
    func streaming() async throws {
        let example = try AnthropicExchange.example()
        let pieces = AsyncStream<String>.makeStream(bufferingPolicy: .bufferingOldest(64))
        try await AnthropicExchange.run { _, _ in
            [.head(200, AnthropicExchange.stream), .body(example), .end]
        } _: { client, server in
            let reply = try await client.stream(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience) {
                pieces.continuation.yield($0)
            }
            #expect(reply.text == "Offer the Tuesday slot and ask for the address.")
            #expect(reply.stopReason == .endTurn)
            #expect(reply.requestID == "req_42")
            #expect(reply.usage.outputTokens == 17)

            let request = try #require(server.requests.first)
            #expect(request.head.method == .POST)
            #expect(request.head.uri == "/v1/messages")
            #expect(request.head.headers["x-api-key"] == ["sk-ant-test"])
            #expect(request.head.headers["anthropic-version"] == ["2023-06-01"])
            #expect(request.head.headers["content-type"] == ["application/json"])
            #expect(request.head.headers["accept"] == ["text/event-stream"])
            let body = AnthropicRequestTests.request().body(streaming: true)
            #expect(request.body == String(buffer: body))
        }
        pieces.continuation.finish()
        #expect(await pieces.stream.reduce(into: "") { $0 += $1 } == "Offer the Tuesday slot and ask for the address.")
    }

    @Test("the answer is the same wherever the stream is cut, down to single bytes")
    func splits() async throws {
        let example = try AnthropicExchange.example()
        try await AnthropicExchange.run { index, _ in
            let parts: [Step] =
                index == 0
                ? example.map { .body([$0]) }
                : [.body(Array(example.prefix(index * 7))), .body(Array(example.dropFirst(index * 7)))]
            return [.head(200, AnthropicExchange.stream)] + parts + [.end]
        } _: { client, _ in
            for _ in 0...example.count / 7 {
                let reply = try await client.stream(
                    AnthropicRequestTests.request(),
                    timeout: AnthropicExchange.patience
                )
                #expect(reply.text == "Offer the Tuesday slot and ask for the address.")
            }
        }
    }

    @Test("an answer is complete with its last event, even if the server never ends the response")
    func noEnd() async throws {
        let example = try AnthropicExchange.example()
        try await AnthropicExchange.run { _, _ in
            [.head(200, AnthropicExchange.stream), .body(example)]
        } _: { client, server in
            let reply = try await client.stream(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience)
            #expect(reply.stopReason == .endTurn)
            await server.awaitClose()
        }
    }

    @Test("an answer in one piece is its text blocks, joined")
    func onePiece() async throws {
        let message = #"""
            {"id":"msg_1","type":"message","role":"assistant","model":"claude-haiku-5-5",
            "content":[{"type":"thinking","thinking":"secret","signature":""},{"type":"text","text":"{\"a\":"},
            {"type":"text","text":"1}"}],"stop_reason":"end_turn","stop_sequence":null,
            "usage":{"input_tokens":5,"cache_read_input_tokens":7,"output_tokens":3}}
            """#
        try await AnthropicExchange.run { _, _ in
            [.head(200, [("request-id", "req_7")]), .body(message), .end]
        } _: { client, server in
            let reply = try await client.send(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience)
            #expect(reply.text == #"{"a":1}"#)
            #expect(reply.usage.inputTokens == 12)
            #expect(reply.requestID == "req_7")
            let request = try #require(server.requests.first)
            #expect(try ModelExamples.json(request.body)["stream"] == nil)
            #expect(request.head.headers["accept"].isEmpty)
        }
    }

    @Test(
        "an error status keeps its type, its wait and its advice on trying again",
        arguments: [
            (529, "overloaded_error", [], nil, true), (500, "api_error", [], nil, true),
            (429, "rate_limit_error", [("retry-after", "1.5")], .milliseconds(1500), true),
            (429, "rate_limit_error", [("retry-after", "9"), ("retry-after-ms", "20")], .milliseconds(20), true),
            (429, "rate_limit_error", [("x-should-retry", "false")], nil, false),
            (400, "invalid_request_error", [], nil, false), (401, "authentication_error", [], nil, false),
            (403, "permission_error", [], nil, false), (404, "not_found_error", [], nil, false),
            (413, "request_too_large", [], nil, false),
            (400, "invalid_request_error", [("x-should-retry", "true")], nil, true),
        ] as [(Int, String, [(String, String)], Duration?, Bool)]
    )
    func statuses(
        status: Int,
        type: String,
        headers: [(String, String)],
        wait: Duration?,
        isRetryable: Bool
    ) async throws {
        let error = try await self.error([
            .head(status, headers + [("request-id", "req_9")]), .body(AnthropicExchange.problem(type)), .end,
        ])
        guard case .api(let failure)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(failure.status == status)
        #expect(failure.type == type)
        #expect(failure.retryAfter == wait)
        #expect(failure.isRetryable == isRetryable)
        #expect(failure.requestID == "req_9")
    }

    @Test("an error page that is no JSON is an unknown error with its status")
    func errorPage() async throws {
        let error = try await self.error([.head(502), .body("<html>Bad Gateway</html>"), .end])
        #expect(error == .api(AnthropicFailure(status: 502, type: "unknown")))
    }

    @Test("an error status stands, even if its body is endless or does not arrive")
    func errorWithoutBody() async throws {
        let endless = [UInt8](repeating: UInt8(ascii: "x"), count: 100_000)
        for steps: [Step] in [
            [.head(529), .body("{"), .close], [.head(529), .body(endless), .body(endless)],
        ] {
            #expect(try await self.error(steps) == .api(AnthropicFailure(status: 529, type: "unknown")))
        }
    }

    @Test("a redirect is an error: the key is sent nowhere else")
    func redirect() async throws {
        let error = try await self.error([.head(307, [("location", "/elsewhere")]), .end])
        #expect(error == .api(AnthropicFailure(status: 307, type: "unknown")))
    }

    @Test("an error event after status 200 is that error")
    func errorEvent() async throws {
        let event = "event: error\ndata: \(AnthropicExchange.problem("overloaded_error"))\n\n"
        let error = try await self.error([.head(200, AnthropicExchange.stream), .body(event), .end])
        #expect(error == .api(AnthropicFailure(status: 529, type: "overloaded_error", requestID: "req_body")))
    }

    @Test("a connection that breaks is unreachable, before and within an answer")
    func broken() async throws {
        let begun = Array(try AnthropicExchange.example().prefix(500))
        for steps: [Step] in [
            [.close], [.head(200, AnthropicExchange.stream), .body(begun), .close],
            [.head(200, AnthropicExchange.stream), .body(begun), .end],
        ] {
            guard case .unreachable? = try await self.error(steps) else {
                Issue.record("\(steps)")
                continue
            }
        }
    }

    @Test("a port where nobody listens is unreachable at once")
    func nobody() async throws {
        var url = ""
        try await ScriptedHTTPServer.run { _, _ in
            []
        } _: {
            url = $0.url
        }
        let client = AnthropicClient(baseURL: url, apiKey: "k", logger: Logger(label: "test"))
        do throws(AnthropicError) {
            _ = try await client.stream(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience)
            Issue.record("answered")
        } catch {
            guard case .unreachable = error else {
                Issue.record("\(error)")
                return await client.shutdown()
            }
        }
        await client.shutdown()
    }

    @Test("an answer that does not follow the protocol is malformed")
    func malformed() async throws {
        #expect(
            try await self.error([.head(200), .body("{}"), .end], streaming: false)
                == .malformed("the answer is no message object")
        )
        let event = "event: message_start\ndata: nonsense\n\n"
        #expect(
            try await self.error([.head(200), .body(event), .end])
                == .malformed("a message_start event cannot be read")
        )
    }

    @Test("a model can be looked up, and a key that is wrong shows there")
    func model() async throws {
        try await AnthropicExchange.run { index, _ in
            index == 0
                ? [.head(200), .body(#"{"id":"claude-haiku-5-5","lifecycle":"active","retires_at":null}"#), .end]
                : [.head(401), .body(AnthropicExchange.problem("authentication_error")), .end]
        } _: { client, server in
            let model = try await client.model("claude-haiku-5-5", timeout: AnthropicExchange.patience)
            #expect(model == AnthropicModel(id: "claude-haiku-5-5", lifecycle: "active", retiresAt: nil))
            #expect(server.requests[0].head.uri == "/v1/models/claude-haiku-5-5")
            #expect(server.requests[0].head.method == .GET)
            await #expect(throws: AnthropicError.self) {
                try await client.model("../x?y", timeout: AnthropicExchange.patience)
            }
            #expect(server.requests[1].head.uri == "/v1/models/..%2Fx%3Fy")
        }
    }

    @Test("errors never quote the key, the prompt or the provider's words")
    func secrecy() async throws {
        let error = try await self.error([
            .head(400), .body(AnthropicExchange.problem("invalid_request_error", "sk-ant-test What now?")), .end,
        ])
        let words = error.map { "\($0)" } ?? ""
        #expect(words.contains("HTTP 400"))
        #expect(!words.contains("sk-ant") && !words.contains("What now"))
        #expect(AnthropicFailure(status: 500, type: "Call +1 555 0100").type == "unknown")
    }
}
