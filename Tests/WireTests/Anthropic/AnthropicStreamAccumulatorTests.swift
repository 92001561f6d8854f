import NIOCore
import Testing

@testable import Wire

@Suite struct AnthropicStreamAccumulatorTests {
    private static func exampleEvents() throws -> [SSEEvent] {
        var parser = SSEParser()
        return try parser.feed(ByteBuffer(string: try ModelExamples.text("anthropic-sse.txt")))
    }

    /// The events of the example's streams, one list for each, and the error event that ends it.
    private static func streams() throws -> [[SSEEvent]] {
        try Self.exampleEvents().reduce(into: []) { streams, event in
            if event.name == "message_start" || event.name == "error" { streams.append([]) }
            streams[streams.count - 1].append(event)
        }
    }

    @Test("the pieces of text are handed out as they come and make up the answer")
    func text() throws {
        var accumulator = AnthropicStreamAccumulator()
        let pieces = try Self.streams()[0].compactMap { try accumulator.handle($0) }
        #expect(pieces == ["Offer the Tuesday", " slot and ask for the address."])
        #expect(accumulator.isFinished)
        let reply = try accumulator.reply(requestID: "req_1")
        #expect(reply.text == "Offer the Tuesday slot and ask for the address.")
        #expect(reply.stopReason == .endTurn)
        #expect(reply.requestID == "req_1")
        #expect(reply.usage.inputTokens == 412 + 1536)
        #expect(reply.usage.cacheReadTokens == 1536)
        #expect(reply.usage.outputTokens == 17)
    }

    @Test("thinking and tool input are no text")
    func thinking() throws {
        var accumulator = AnthropicStreamAccumulator()
        for event in try Self.streams()[1] { #expect(try accumulator.handle(event) == nil) }
        let reply = try accumulator.reply(requestID: nil)
        #expect(reply.text.isEmpty)
        #expect(reply.stopReason == .toolUse)
        #expect(reply.usage.outputTokens == 64)
    }

    @Test("an error event ends the answer, also after text has come")
    func error() throws {
        var accumulator = AnthropicStreamAccumulator()
        for event in try Self.streams()[0].dropLast() { _ = try accumulator.handle(event) }
        let failure = AnthropicFailure(status: 529, type: "overloaded_error", requestID: "req_011Example")
        let event = try #require(try Self.streams()[2].first)
        #expect(throws: AnthropicError.api(failure)) { try accumulator.handle(event) }
    }

    @Test(
        "an error within a stream stands for the status of its type",
        arguments: [
            ("rate_limit_error", 429), ("api_error", 500), ("timeout_error", 504), ("invalid_request_error", 400),
            ("authentication_error", 401), ("something_new", 500),
        ]
    )
    func errorTypes(type: String, status: Int) {
        var accumulator = AnthropicStreamAccumulator()
        let event = SSEEvent(name: "error", data: #"{"type":"error","error":{"type":"\#(type)","message":"m"}}"#)
        #expect(throws: AnthropicError.api(AnthropicFailure(status: status, type: type))) {
            try accumulator.handle(event)
        }
    }

    @Test("usage is a running total: the last count of each kind stands")
    func usage() throws {
        var accumulator = AnthropicStreamAccumulator()
        func feed(_ name: String, _ data: String) throws {
            _ = try accumulator.handle(SSEEvent(name: name, data: data))
        }
        try feed("message_start", #"{"message":{"usage":{"input_tokens":10,"output_tokens":1}}}"#)
        try feed("message_delta", #"{"delta":{"stop_reason":null},"usage":{"output_tokens":40}}"#)
        try feed(
            "message_delta",
            #"{"delta":{"stop_reason":"refusal"},"usage":{"input_tokens":12,"output_tokens":50}}"#
        )
        try feed("message_stop", "{}")
        let reply = try accumulator.reply(requestID: nil)
        #expect(reply.usage.outputTokens == 50)
        #expect(reply.usage.inputTokens == 12)
        #expect(reply.stopReason == .refusal)
    }

    @Test("a stream that ends before the answer does is a lost connection")
    func endsEarly() throws {
        var accumulator = AnthropicStreamAccumulator()
        for event in try Self.streams()[0].dropLast() { _ = try accumulator.handle(event) }
        #expect(!accumulator.isFinished)
        #expect(throws: AnthropicError.unreachable("the stream ended before the answer did")) {
            try accumulator.reply(requestID: nil)
        }
    }

    @Test("unknown events are ignored, unreadable ones of a known name are not")
    func unreadable() throws {
        var accumulator = AnthropicStreamAccumulator()
        #expect(try accumulator.handle(SSEEvent(name: "content_block_hint", data: "secret")) == nil)
        #expect(throws: AnthropicError.malformed("a content_block_delta event cannot be read")) {
            try accumulator.handle(SSEEvent(name: "content_block_delta", data: "secret"))
        }
    }

    @Test("text without end is given up at its bound")
    func bound() throws {
        var accumulator = AnthropicStreamAccumulator(maxTextByteCount: 10)
        let event = SSEEvent(
            name: "content_block_delta",
            data: #"{"index":0,"delta":{"type":"text_delta","text":"123456"}}"#
        )
        #expect(try accumulator.handle(event) == "123456")
        #expect(throws: AnthropicError.malformed("the answer is longer than 10 bytes")) {
            try accumulator.handle(event)
        }
    }

    @Test("no mutation of a stream crashes")
    func fuzz() throws {
        var random = ModelRandom(seed: 5)
        let example = Array(try ModelExamples.text("anthropic-sse.txt").utf8)
        for _ in 0..<500 {
            var parser = SSEParser()
            var accumulator = AnthropicStreamAccumulator()
            let events = try parser.feed(ByteBuffer(bytes: random.mutate(example)))
            for event in events { _ = try? accumulator.handle(event) }
            _ = try? accumulator.reply(requestID: nil)
        }
    }
}
