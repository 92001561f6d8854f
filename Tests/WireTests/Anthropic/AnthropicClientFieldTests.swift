import NIOCore
import Testing

@testable import Wire

@Suite struct AnthropicClientFieldTests {
    @Test("a model that turns down thinking is asked again without it, and from then on never with it")
    func thinkingTurnedDown() async throws {
        let example = try AnthropicExchange.example()
        try await AnthropicExchange.run { _, request in
            if request.body.contains("\"thinking\"") {
                let problem = AnthropicExchange.problem("invalid_request_error", "thinking: disabled is not supported")
                return [.head(400), .body(problem), .end]
            }
            return [.head(200, AnthropicExchange.stream), .body(example), .end]
        } _: { client, server in
            let request = AnthropicRequestTests.request()
            let first = try await client.stream(request, timeout: AnthropicExchange.patience)
            #expect(first.stopReason == .endTurn)
            #expect(server.requests.count == 2)
            #expect(server.requests[1].body == String(buffer: request.body(streaming: true, without: [.thinking])))
            let second = try await client.stream(request, timeout: AnthropicExchange.patience)
            #expect(second.stopReason == .endTurn)
            #expect(server.requests.count == 3)
        }
    }

    @Test("a complaint that stays without the field is the answer, after one more attempt and no third")
    func turnedDownTwice() async throws {
        try await AnthropicExchange.run { _, _ in
            [
                .head(400), .body(AnthropicExchange.problem("invalid_request_error", "thinking or effort? neither")),
                .end,
            ]
        } _: { client, server in
            await #expect(
                throws: AnthropicError.api(
                    AnthropicFailure(
                        status: 400,
                        type: "invalid_request_error",
                        requestID: "req_body"
                    )
                )
            ) {
                try await client.stream(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience)
            }
            #expect(server.requests.count == 2)
            // The fields were not at fault: the next request has them again.
            _ = try? await client.stream(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience)
            #expect(server.requests[2].body.contains("\"thinking\""))
        }
    }
}
