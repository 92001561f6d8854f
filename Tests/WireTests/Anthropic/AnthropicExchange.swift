import Foundation
import Logging
import Testing

@testable import Wire

/// What tests of the client share: a client with a scripted server, and what that server says.
enum AnthropicExchange {
    /// Long enough that only a fault lets a test run into it.
    static let patience = Duration.seconds(30)
    static let stream = [("content-type", "text/event-stream"), ("request-id", "req_42")]

    /// The first stream of the API's example.
    static func example() throws -> [UInt8] {
        let text = try ModelExamples.text("anthropic-sse.txt")
        let end = try #require(text.range(of: "{\"type\":\"message_stop\"}\n\n"))
        return Array(text[..<end.upperBound].utf8)
    }

    /// Runs `body` with a client of a server that answers by `script`.
    static func run(
        script: @escaping ScriptedHTTPServer.Script,
        _ body: (AnthropicClient, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.run(script: script) { server in
            let client = AnthropicClient(
                baseURL: server.url + "/",
                apiKey: "sk-ant-test",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(client, server)) } catch { outcome = .failure(error) }
            await client.shutdown()
            try outcome.get()
        }
    }

    /// The body of an error.
    static func problem(_ type: String, _ message: String = "m") -> String {
        #"{"type":"error","error":{"type":"\#(type)","message":"\#(message)"},"request_id":"req_body"}"#
    }
}
