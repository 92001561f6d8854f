import Testing

@testable import Wire

@Suite struct AnthropicClientEndTests {
    @Test("a server that hangs is given up at the deadline, and its connection closed", arguments: [true, false])
    func deadline(afterHead: Bool) async throws {
        let begun = Array(try AnthropicExchange.example().prefix(500))
        try await AnthropicExchange.run { _, _ in
            afterHead ? [.head(200, AnthropicExchange.stream), .body(begun)] : []
        } _: { client, server in
            await #expect(throws: AnthropicError.timedOut) {
                try await client.stream(AnthropicRequestTests.request(), timeout: .milliseconds(250))
            }
            // On a busy machine the deadline may come before the request has left: then its connection is kept.
            if !server.requests.isEmpty { await server.awaitClose() }
        }
    }

    @Test("cancelling the task aborts the request at once", arguments: [true, false])
    func cancelled(afterHead: Bool) async throws {
        let begun = Array(try AnthropicExchange.example().prefix(500))
        try await AnthropicExchange.run { _, _ in
            afterHead ? [.head(200, AnthropicExchange.stream), .body(begun)] : []
        } _: { client, server in
            await withTaskGroup(of: Void.self) { group in
                group.addTask {
                    await #expect(throws: AnthropicError.cancelled) {
                        try await client.stream(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience)
                    }
                }
                await server.awaitRequest()
                group.cancelAll()
                await group.waitForAll()
            }
            await server.awaitClose()
        }
    }

    @Test("a task that was cancelled before asks nothing")
    func cancelledBefore() async throws {
        try await AnthropicExchange.run { _, _ in
            []
        } _: { client, _ in
            await withTaskGroup(of: Void.self) { group in
                group.cancelAll()
                group.addTask {
                    await #expect(throws: AnthropicError.cancelled) {
                        try await client.send(AnthropicRequestTests.request(), timeout: AnthropicExchange.patience)
                    }
                }
            }
        }
    }
}
