import Foundation
import NIOCore

/// A whole answer of Claude.
package struct AnthropicReply: Sendable, Equatable {
    /// Why the model stopped; with ``maxTokens`` and ``refusal`` the text may be cut.
    package enum StopReason: Sendable, Equatable {
        case endTurn, maxTokens, stopSequence, toolUse, pauseTurn, refusal, contextWindowExceeded
        case other(String)

        init(_ name: String) {
            self =
                switch name {
                case "end_turn": .endTurn
                case "max_tokens": .maxTokens
                case "stop_sequence": .stopSequence
                case "tool_use": .toolUse
                case "pause_turn": .pauseTurn
                case "refusal": .refusal
                case "model_context_window_exceeded": .contextWindowExceeded
                default: .other(name)
                }
        }
    }

    /// The text blocks joined; thinking is no part of it.
    package var text: String
    package var stopReason: StopReason
    package var usage: AnthropicUsage
    /// For debug logs and support requests.
    package var requestID: String?

    package init(text: String, stopReason: StopReason, usage: AnthropicUsage, requestID: String? = nil) {
        self.text = text
        self.stopReason = stopReason
        self.usage = usage
        self.requestID = requestID
    }

    /// Reads the message object of an answer that was not streamed.
    init(message: ByteBuffer, requestID: String?) throws(AnthropicError) {
        let wire: Message
        do {
            wire = try JSONDecoder().decode(Message.self, from: Data(message.readableBytesView))
        } catch {
            throw .malformed("the answer is no message object")
        }
        var usage = AnthropicUsage()
        if let reported = wire.usage { usage.update(with: reported) }
        self.init(
            text: wire.content.compactMap { $0.type == "text" ? $0.text : nil }.joined(),
            stopReason: StopReason(wire.stopReason),
            usage: usage,
            requestID: requestID
        )
    }

    private struct Message: Decodable {
        let content: [Block]
        let stopReason: String
        let usage: AnthropicUsage.Report?

        enum CodingKeys: String, CodingKey {
            case content, usage
            case stopReason = "stop_reason"
        }
    }

    private struct Block: Decodable {
        let type: String
        let text: String?
    }
}
