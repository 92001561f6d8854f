import NIOCore

/// OpenAI's Realtime API (GA) over a WebSocket.
///
/// The beta of the same API (header `OpenAI-Beta`, flat session fields, `response.audio.delta`) was shut down in May
/// 2026; nothing of it is written or read here.
///
/// The API knows mu-law and linear PCM at 24000 samples a second, no other rate: a session for
/// ``AudioFormat/l16(rate:)`` of any rate runs at 24000, and whoever holds a carrier at 16000 resamples.
/// `sessionUpdated` tells the format that is in effect.
package struct RealtimeDialect: ModelDialect {
    /// The idle timeout with which turn detection comes back when it is switched on again.
    private let idleTimeout: Duration?

    /// - Parameter idleTimeout: What the sessions are configured with (``ModelSessionSettings/idleTimeout``):
    ///   turn detection is replaced as a whole, so switching it on again must say it once more.
    package init(idleTimeout: Duration? = nil) {
        self.idleTimeout = idleTimeout
    }

    /// The base with `model` as its query parameter; another `model` in the base gives way, the rest of its query stays.
    package func address(base: String, model: String) -> String {
        let withoutFragment = base.prefix { $0 != "#" }
        let path = withoutFragment.prefix { $0 != "?" }
        let query = withoutFragment.dropFirst(path.count + 1).split(separator: "&").filter { pair in
            pair != "model" && !pair.hasPrefix("model=")
        }
        let parameters = query.map(String.init) + ["model=\(Self.percentEncoded(model))"]
        return "\(path)?\(parameters.joined(separator: "&"))"
    }

    /// The key as a bearer token, and a stable hash of the end user where there is one.
    package func headers(apiKey: String, safetyIdentifier: String?) -> [(name: String, value: String)] {
        var headers = [(name: "Authorization", value: "Bearer \(apiKey)")]
        if let safetyIdentifier {
            headers.append((name: "OpenAI-Safety-Identifier", value: safetyIdentifier))
        }
        return headers
    }

    /// Reads one message: audio by a scan that shares the message's memory, everything else as JSON.
    package func decode(
        _ message: ByteBuffer,
        reusing recent: inout RecentIdentifiers
    ) throws(ModelMessageError) -> ModelEvent {
        if let audio = RealtimeAudioScanner.scan(message, reusing: &recent) { return audio }
        return try RealtimeMessage.decode(message)
    }

    /// Writes one command; `eventID` comes back in the error that it causes, if any.
    package func encode(_ command: ModelCommand, eventID: String) -> ByteBuffer {
        RealtimeCommandEncoder(eventID: eventID, idleTimeout: self.idleTimeout).message(for: command).encoded()
    }

    /// The append event around its payload; it is the only one without an identifier.
    package var appendEnvelope: (prefix: StaticString, suffix: StaticString) {
        (prefix: #"{"type":"input_audio_buffer.append","audio":""#, suffix: #""}"#)
    }

    /// Keeps the unreserved characters of RFC 3986 §2.3 and writes every other byte as `%XX`.
    private static func percentEncoded(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let hexadecimal = String(byte, radix: 16, uppercase: true)
                encoded += hexadecimal.count == 1 ? "%0\(hexadecimal)" : "%\(hexadecimal)"
            }
        }
        return encoded
    }
}
