import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import Synchronization
import Testing
import Wire

/// A loopback Messages API that gives one answer to everything and keeps what it was asked.
struct ClaudeDouble {
    /// What was asked, in order.
    var requests: [JSONDocument] { self.log.requests.withLock { $0 } }

    private let log: Log

    private final class Log: Sendable {
        let requests = Mutex<[JSONDocument]>([])
    }

    struct Answer: Sendable {
        var status = HTTPResponse.Status.ok
        var contentType = "application/json"
        var body: String

        /// A whole message.
        static func message(_ text: String, stopReason: String = "end_turn") -> Answer {
            let message: JSONDocument = [
                "type": "message", "role": "assistant", "stop_reason": .string(stopReason),
                "content": [["type": "thinking", "thinking": "hm"], ["type": "text", "text": .string(text)]],
                "usage": ["input_tokens": 900, "cache_read_input_tokens": 100, "output_tokens": 80],
            ]
            return Answer(body: String(buffer: message.encoded()))
        }

        /// The same as server-sent events.
        static func stream(_ text: String, stopReason: String = "end_turn") -> Answer {
            let events: [(String, JSONDocument)] = [
                ("message_start", ["message": ["usage": ["input_tokens": 900, "cache_read_input_tokens": 100]]]),
                ("content_block_delta", ["index": 0, "delta": ["type": "thinking_delta", "thinking": "hm"]]),
                ("content_block_delta", ["index": 1, "delta": ["type": "text_delta", "text": .string(text)]]),
                (
                    "message_delta",
                    ["delta": ["stop_reason": .string(stopReason)], "usage": ["output_tokens": 80]]
                ),
                ("message_stop", [:]),
            ]
            let body = events.map { "event: \($0)\ndata: \(String(buffer: $1.encoded()))\n\n" }.joined()
            return Answer(contentType: "text/event-stream", body: body)
        }

        static func problem(_ status: Int, _ type: String) -> Answer {
            Answer(
                status: .init(code: status),
                body: #"{"type":"error","error":{"type":"\#(type)","message":"m"},"request_id":"r"}"#
            )
        }
    }

    /// Runs `body` with a client of a double that answers with `answer`, or not before `body` is over where it is nil.
    static func run(_ answer: Answer?, _ body: @Sendable (AnthropicClient, ClaudeDouble) async throws -> Void)
        async throws
    {
        let log = Log()
        let hold = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        let router = Router()
        router.post("/v1/messages") { request, _ in
            let asked = String(buffer: try await request.body.collect(upTo: 1 << 22))
            log.requests.withLock { $0.append(JSONDocument(parsing: asked) ?? .null) }
            if answer == nil { for await _ in hold.stream {} }
            let given = answer ?? .problem(500, "api_error")
            return Response(
                status: given.status,
                headers: [.contentType: given.contentType],
                body: .init(byteBuffer: ByteBuffer(string: given.body))
            )
        }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await Application(router: router, logger: logger).test(.live) { server in
            let port = try #require(server.port)
            let client = AnthropicClient(baseURL: "http://127.0.0.1:\(port)", apiKey: "k", logger: logger)
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(client, ClaudeDouble(log: log))) } catch {
                outcome = .failure(error)
            }
            hold.continuation.finish()
            await client.shutdown()
            try outcome.get()
        }
    }
}
