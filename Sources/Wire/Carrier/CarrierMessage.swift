import NIOCore

/// A message of the carrier as JSON, read leniently: strings as numbers, numbers as strings, everything optional.
struct CarrierMessage: Decodable {
    /// Why a well-formed JSON object is no message of ours.
    struct Refusal: Error {
        let reason: String
    }

    enum Keys: String, CodingKey {
        case event, streamSid, start, media, dtmf, mark
    }

    private let name: String
    private let streamSID: String?
    private let start: CarrierStartMessage?
    private let media: [String: String]
    private let dtmf: [String: String]
    private let mark: [String: String]

    private static let maxFieldCount = 64

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        guard let name = try? fields.decode(String.self, forKey: .event) else { throw Refusal(reason: "no `event`") }
        self.name = name
        self.streamSID = fields.lenientString(.streamSid)
        self.start = name == "start" ? try fields.decodeIfPresent(CarrierStartMessage.self, forKey: .start) : nil
        self.media = name == "media" ? try fields.scalars(.media) : [:]
        self.dtmf = name == "dtmf" ? try fields.scalars(.dtmf) : [:]
        self.mark = name == "mark" ? try fields.scalars(.mark) : [:]
    }

    /// What the message says.
    func event() throws(Refusal) -> CarrierEvent {
        switch self.name {
        case "connected": return .connected
        case "stop": return .stop
        case "start":
            guard let start else { throw Refusal(reason: "`start` is missing") }
            return .start(start.streamStart(streamSID: self.streamSID))
        case "media": return try self.mediaEvent()
        case "dtmf": return try self.dtmfEvent()
        case "mark":
            guard let name = self.mark["name"] else { throw Refusal(reason: "`mark.name` is missing") }
            return .mark(name: name)
        default: return Self.unknown(self.name)
        }
    }

    private func mediaEvent() throws(Refusal) -> CarrierEvent {
        if let track = self.media["track"], !CarrierDecoder.isInbound(track: track) {
            return Self.unknown("media.\(track)")
        }
        guard let payload = self.media["payload"] else { throw Refusal(reason: "`media.payload` is missing") }
        guard !payload.isEmpty else { return .unknown(event: "media.empty") }
        let text = ByteBuffer(string: payload)
        guard text.withUnsafeReadableBytes({ Base64.isValid($0) }) else {
            throw Refusal(reason: "`media.payload` is not base64")
        }
        return .media(payload: text)
    }

    private func dtmfEvent() throws(Refusal) -> CarrierEvent {
        if let track = self.dtmf["track"], !CarrierDecoder.isInbound(track: track) {
            return Self.unknown("dtmf.\(track)")
        }
        guard let digit = self.dtmf["digit"]?.uppercased() else { throw Refusal(reason: "`dtmf.digit` is missing") }
        guard digit.utf8.count == 1, Tone.dtmfFrequencies(of: Character(digit)) != nil else {
            throw Refusal(reason: "`dtmf.digit` is none of 0-9 * # A-D")
        }
        return .dtmf(digit: digit)
    }

    private static func unknown(_ name: String) -> CarrierEvent {
        .unknown(event: String(name.prefix(CarrierDecoder.maxNameLength)))
    }
}
