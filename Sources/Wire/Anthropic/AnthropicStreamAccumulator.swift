import Foundation

/// Puts the events of one streamed answer together.
///
/// Only the words of text blocks are kept: thinking, tool input and citations pass by, and unknown events are ignored,
/// as the API asks. An `error` event may come at any time, also after HTTP 200, and ends the answer.
package struct AnthropicStreamAccumulator: Sendable {
    /// The text so far.
    package private(set) var text = ""
    package private(set) var usage = AnthropicUsage()
    package private(set) var stopReason: AnthropicReply.StopReason?
    /// `message_stop` has come; what follows is ignored.
    package private(set) var isFinished = false
    /// The bound of the text in bytes, far above `max_tokens` of any request of ours.
    private let maxTextByteCount: Int

    package init(maxTextByteCount: Int = 1 << 20) {
        self.maxTextByteCount = maxTextByteCount
    }

    /// Takes the next event and returns the text that it adds, if any.
    package mutating func handle(_ event: SSEEvent) throws(AnthropicError) -> String? {
        guard !self.isFinished else { return nil }
        switch event.name {
        case "message_start":
            let start = try Self.decode(MessageStart.self, event)
            if let report = start.message.usage { self.usage.update(with: report) }
        case "content_block_start":
            let start = try Self.decode(BlockStart.self, event)
            if start.block.type == "text", let text = start.block.text { return try self.append(text) }
        case "content_block_delta":
            let delta = try Self.decode(BlockDelta.self, event)
            if delta.delta.type == "text_delta", let text = delta.delta.text { return try self.append(text) }
        case "message_delta":
            let delta = try Self.decode(MessageDelta.self, event)
            if let reason = delta.delta.stopReason { self.stopReason = AnthropicReply.StopReason(reason) }
            if let report = delta.usage { self.usage.update(with: report) }
        case "message_stop": self.isFinished = true
        case "error":
            let failure = try Self.decode(Failure.self, event)
            throw .api(AnthropicFailure(streamErrorType: failure.error.type, requestID: failure.requestID))
        default: break
        }
        return nil
    }

    /// The whole answer, after ``isFinished``; throws where the stream ended before.
    package func reply(requestID: String?) throws(AnthropicError) -> AnthropicReply {
        guard self.isFinished, let stopReason else { throw .unreachable("the stream ended before the answer did") }
        return AnthropicReply(text: self.text, stopReason: stopReason, usage: self.usage, requestID: requestID)
    }

    private mutating func append(_ text: String) throws(AnthropicError) -> String? {
        guard !text.isEmpty else { return nil }
        guard self.text.utf8.count + text.utf8.count <= self.maxTextByteCount else {
            throw .malformed("the answer is longer than \(self.maxTextByteCount) bytes")
        }
        self.text += text
        return text
    }

    private static func decode<Wire: Decodable>(_ type: Wire.Type, _ event: SSEEvent) throws(AnthropicError) -> Wire {
        do {
            return try JSONDecoder().decode(type, from: Data(event.data.utf8))
        } catch {
            // The name comes from the switch above, never from the wire alone.
            throw .malformed("a \(event.name) event cannot be read")
        }
    }

    private struct MessageStart: Decodable {
        struct Message: Decodable {
            let usage: AnthropicUsage.Report?
        }
        let message: Message
    }

    private struct BlockStart: Decodable {
        let block: Piece

        enum CodingKeys: String, CodingKey { case block = "content_block" }
    }

    private struct BlockDelta: Decodable {
        let delta: Piece
    }

    private struct Piece: Decodable {
        let type: String
        let text: String?
    }

    private struct MessageDelta: Decodable {
        struct Delta: Decodable {
            let stopReason: String?

            enum CodingKeys: String, CodingKey { case stopReason = "stop_reason" }
        }
        let delta: Delta
        let usage: AnthropicUsage.Report?
    }

    private struct Failure: Decodable {
        struct Detail: Decodable {
            let type: String
        }
        let error: Detail
        let requestID: String?

        enum CodingKeys: String, CodingKey {
            case error
            case requestID = "request_id"
        }
    }
}
