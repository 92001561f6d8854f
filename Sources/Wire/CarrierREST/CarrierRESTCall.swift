import Foundation
import NIOCore

/// A call object of the API; what is not told, or not understood, is nil.
package struct CarrierRESTCall: Sendable, Equatable {
    package var sid: String
    /// `queued`, `ringing`, `in-progress`, `canceled`, `completed`, `busy`, `failed` or `no-answer`.
    package var status: String
    /// Seconds of talk.
    package var duration: Int?
    package var createdAt: Date?

    package init(sid: String, status: String, duration: Int? = nil, createdAt: Date? = nil) {
        self.sid = sid
        self.status = status
        self.duration = duration
        self.createdAt = createdAt
    }

    /// Reads a call object; nil where it names no call.
    init?(_ document: JSONDocument) {
        guard case .string(let sid) = document["sid"], !sid.isEmpty, sid.utf8.count <= 128 else { return nil }
        self.sid = sid
        self.status = document["status"]?.text ?? ""
        self.duration = document["duration"].flatMap(Self.number)
        self.createdAt =
            ["date_created", "start_time"].lazy
            .compactMap { document[$0]?.text.flatMap(CarrierRESTDate.parse) }.first
    }

    init?(_ body: ByteBuffer) {
        guard let document = JSONDocument(parsing: String(buffer: body)) else { return nil }
        self.init(document)
    }

    /// Reads a list of call objects; nil where the body is none.
    static func list(_ body: ByteBuffer) -> [CarrierRESTCall]? {
        guard case .array(let calls) = JSONDocument(parsing: String(buffer: body))?["calls"] else { return nil }
        return calls.compactMap(CarrierRESTCall.init)
    }

    /// SignalWire writes durations as numbers, Twilio as strings.
    private static func number(_ value: JSONDocument) -> Int? {
        switch value {
        case .integer(let number): number
        case .number(let number): Int(exactly: number.rounded())
        case .string(let text): Int(text)
        default: nil
        }
    }
}

extension JSONDocument {
    fileprivate var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }
}
