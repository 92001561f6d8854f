/// The session object of `session.created` and `session.updated`.
struct RealtimeSession: Decodable {
    let info: ModelSessionInfo

    private enum Key: String, CodingKey {
        case id, audio
        case expiresAt = "expires_at"
    }

    private struct Audio: Decodable {
        let input: Direction?
        let output: Direction?
    }

    private struct Direction: Decodable {
        let format: Format?
    }

    private struct Format: Decodable {
        let type: String
        let rate: Int?

        /// Nil for a format that no carrier of ours speaks (`audio/pcma`), so that a call sees the mismatch.
        var audioFormat: AudioFormat? {
            switch self.type {
            case "audio/pcmu": .pcmu
            case "audio/pcm" where (8000...192_000).contains(self.rate ?? 24000): .l16(rate: self.rate ?? 24000)
            default: nil
            }
        }
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        let audio = (try? fields.decodeIfPresent(Audio.self, forKey: .audio)) ?? nil
        let expiresAt = (try? fields.decodeIfPresent(Double.self, forKey: .expiresAt)) ?? nil
        self.info = ModelSessionInfo(
            id: (try? fields.decodeIfPresent(String.self, forKey: .id)) ?? nil,
            inputFormat: audio?.input?.format?.audioFormat,
            outputFormat: audio?.output?.format?.audioFormat,
            expiresAt: RealtimeNumber.unixSeconds(expiresAt)
        )
    }
}
