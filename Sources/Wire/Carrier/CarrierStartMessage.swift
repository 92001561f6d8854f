/// The `start` object of a media stream as JSON.
struct CarrierStartMessage: Decodable {
    private enum Keys: String, CodingKey {
        case streamSid, callSid, accountSid, customParameters, mediaFormat
    }

    private enum FormatKeys: String, CodingKey {
        case encoding, sampleRate, channels
    }

    private let streamSID: String?
    private let callSID: String?
    private let accountSID: String?
    private let customParameters: [String: String]
    private let mediaFormat: MediaFormat?

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Keys.self)
        self.streamSID = fields.lenientString(.streamSid)
        self.callSID = fields.lenientString(.callSid)
        self.accountSID = fields.lenientString(.accountSid)
        self.customParameters = try fields.scalars(.customParameters)
        self.mediaFormat = try Self.mediaFormat(in: fields)
    }

    /// The message; `streamSID` is what stood outside of the object, for a carrier that has it there alone.
    func streamStart(streamSID: String?) -> StreamStart {
        StreamStart(
            streamSID: self.streamSID ?? streamSID ?? "",
            callSID: self.callSID,
            accountSID: self.accountSID,
            customParameters: self.customParameters,
            mediaFormat: self.mediaFormat
        )
    }

    /// The format; one without an `encoding` counts as none, a missing rate is telephony's and a missing count is one.
    private static func mediaFormat(in fields: KeyedDecodingContainer<Keys>) throws -> MediaFormat? {
        guard fields.contains(.mediaFormat), try !fields.decodeNil(forKey: .mediaFormat) else { return nil }
        let format = try fields.nestedContainer(keyedBy: FormatKeys.self, forKey: .mediaFormat)
        guard let encoding = format.lenientString(.encoding) else { return nil }
        return MediaFormat(
            encoding: encoding,
            sampleRate: try format.lenientInt(.sampleRate, default: 8000),
            channels: try format.lenientInt(.channels, default: 1)
        )
    }
}
