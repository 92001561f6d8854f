import CallActors
import NIOCore
import Wire

/// What happens to the bytes of a frame.
extension MicroOperation {
    /// The carrier's messages.
    static var carrier: [MicroOperation] {
        let encoder = CarrierEncoder(streamSID: "7d56cc11-536d-4a45-b4fb-ed3d55be843b")
        return [
            Self("carrier media decoded (byte scan)", allowed: 0) { Self.decoded(carrier: MicroMessages.media) },
            Self("carrier mark decoded (byte scan)", allowed: 0) { Self.decoded(carrier: MicroMessages.mark) },
            Self("carrier media encoded, with base64", allowed: 2) {
                encoder.media(audio: MicroMessages.frame).readableBytes
            },
            Self("carrier mark encoded", allowed: 2) { encoder.mark("g0:17").readableBytes },
        ]
    }

    /// The voice model's messages.
    static var model: [MicroOperation] {
        let dialect = RealtimeDialect()
        var recent = RecentIdentifiers()
        let delta = MicroMessages.delta(MicroMessages.base64)
        return [
            Self("model audio delta decoded (byte scan)", allowed: 0) {
                Self.decoded(model: delta, dialect, &recent)
            },
            Self("model speech_started decoded (JSON)", allowed: 18) {
                Self.decoded(model: MicroMessages.speechStarted, dialect, &recent)
            },
        ]
    }

    /// Sound.
    static var sound: [MicroOperation] {
        let samples = G711.decodeMuLaw(MicroMessages.frame)
        let resampler = Resampler(from: 16_000, to: 24_000)
        let wide = ByteBuffer(repeating: 0, count: AudioFormat.l16(rate: 16_000).frameByteCount)
        var text = ByteBuffer()
        var bytes = ByteBuffer()
        return [
            Self("base64 encoded, 160 bytes", allowed: 0) {
                text.clear()
                Base64.encode(MicroMessages.frame, into: &text)
                return text.readableBytes
            },
            Self("base64 decoded, 216 characters", allowed: 0) {
                bytes.clear()
                return Base64.decode(MicroMessages.base64, into: &bytes) ? bytes.readableBytes : 0
            },
            Self("µ-law decoded, 160 samples", allowed: 1) { G711.decodeMuLaw(MicroMessages.frame).count },
            Self("µ-law encoded, 160 samples", allowed: 2) { G711.encodeMuLaw(samples).readableBytes },
            Self("20 ms brought from 16 to 24 kHz", allowed: 2) { 1 + resampler.convert(wide).readableBytes },
        ]
    }

    /// Frames of RFC 6455.
    static var webSocket: [MicroOperation] {
        var server = WebSocketFrameBuilder(role: .server)
        var client = WebSocketFrameBuilder(role: .client)
        let masked = client.frame(.text, MicroMessages.media)
        var parser = WebSocketFrameParser(role: .server, maxMessageByteCount: 65_536)
        let mask = WebSocketMask(key: 0x1234_5678)
        let count = MicroMessages.media.readableBytes
        var bytes = [UInt8](repeating: 0, count: count)
        return [
            Self("WebSocket frame built, server, \(count) bytes", allowed: 2) {
                server.frame(.text, MicroMessages.media).readableBytes
            },
            Self("WebSocket frame built, client (masked)", allowed: 2) {
                client.frame(.text, MicroMessages.media).readableBytes
            },
            Self("WebSocket frame parsed, unmasked, UTF-8 checked", allowed: 0) {
                parser.append(masked)
                return parser.next() == nil ? 0 : 1
            },
            Self("\(count) bytes masked", allowed: 0) {
                bytes.withUnsafeMutableBytes { mask.apply(to: $0) }
                return count
            },
        ]
    }

    private static func decoded(carrier text: ByteBuffer) -> Int {
        do throws(CarrierMessageError) {
            let event = try CarrierDecoder.decode(text)
            if case .unknown = event { return 0 }
            return 1
        } catch {
            return 0
        }
    }

    private static func decoded(model text: ByteBuffer, _ dialect: RealtimeDialect, _ recent: inout RecentIdentifiers)
        -> Int
    {
        do throws(ModelMessageError) {
            let event = try dialect.decode(text, reusing: &recent)
            if case .ignored = event { return 0 }
            return 1
        } catch {
            return 0
        }
    }
}
