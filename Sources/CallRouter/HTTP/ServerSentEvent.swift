import CallActors
import Foundation
import NIOCore
import Wire

/// One event of `GET /v1/events` as a text (WHATWG HTML §9.2).
struct ServerSentEvent: Sendable, Equatable {
    /// `call.started` and so on.
    let name: String
    let data: JSONDocument

    /// Nil for what is measured and not told.
    init?(_ event: CallEventHub.Event) {
        var data: [String: JSONDocument] = ["call_id": .string(event.callID), "at": .string(event.at.timestamp)]
        switch event.notice {
        case .started: self.name = "call.started"
        case .turn(let itemID, let line):
            self.name = "call.turn"
            data["item_id"] = .string(itemID)
            data["role"] = .string(line.role.rawValue)
            data["content"] = .string(line.content)
            data["interrupted"] = .bool(line.interrupted)
        case .turnLatency: return nil
        case .bargeIn(let latency):
            self.name = "call.barge_in"
            data["barge_in_ms"] = .integer(latency.wholeMilliseconds)
        case .reasoning(let latency, let fellBack):
            self.name = "call.reasoning"
            data["reasoning_ms"] = .integer(latency.wholeMilliseconds)
            data["fell_back"] = .bool(fellBack)
        case .restarted: self.name = "call.restarted"
        case .ended(let reason):
            self.name = "call.ended"
            data["end_reason"] = .string(reason.rawValue)
        }
        self.data = .object(data)
    }

    /// The event with the blank line that ends it; JSON has no line breaks, so one line of data is all.
    var text: ByteBuffer {
        var buffer = ByteBuffer(string: "event: \(self.name)\ndata: ")
        buffer.writeImmutableBuffer(self.data.encoded())
        buffer.writeString("\n\n")
        return buffer
    }

    /// A line that readers skip; shows both ends that the connection stands.
    static let heartbeat = ByteBuffer(string: ": heartbeat\n\n")
    /// The first line: it takes the response's head to the reader before anything has happened.
    static let greeting = ByteBuffer(string: ": following all calls\n\n")
}

extension Duration {
    fileprivate var wholeMilliseconds: Int { Int(self / .milliseconds(1)) }
}
