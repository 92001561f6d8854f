import NIOCore
import Wire

/// Converts the sound of one carrier stream at its edge, where the carrier's rate is none of the voice model's.
///
/// With `L16@16000h` the carrier speaks 16 kHz and the call runs at 24 kHz: all that lies behind the stream sees
/// 24 kHz alone. Lives on its socket's event loop.
final class StreamTranscoder {
    /// What the call runs at, for a stream of `format`; nil for a format that no call can run at.
    static func callFormat(for format: AudioFormat) -> AudioFormat? {
        switch format {
        case .pcmu, .l16(rate: 24_000): format
        case .l16(rate: 16_000): .l16(rate: 24_000)
        case .l16: nil
        }
    }

    /// How long after the last audio its end, which the filter holds back, is sent after it.
    ///
    /// Less than the lead with which audio leaves (200 ms), so that the carrier still plays what came before; long enough
    /// not to end a sound that only comes in pieces.
    static let tailDelay = TimeAmount.milliseconds(120)
    private static let tailLength = Duration.milliseconds(20)

    private let fromCarrier: Resampler
    private let toCarrier: Resampler
    /// The filter holds the end of a sound.
    private(set) var holdsTail = false

    /// nil for a format that needs no conversion.
    init?(format: AudioFormat) {
        guard let callFormat = Self.callFormat(for: format), callFormat != format else { return nil }
        self.fromCarrier = Resampler(from: format.sampleRate, to: callFormat.sampleRate)
        self.toCarrier = Resampler(from: callFormat.sampleRate, to: format.sampleRate)
    }

    /// The caller's audio as the call wants it, as base64; nil where the text is none.
    func caller(base64 text: ByteBuffer) -> ByteBuffer? {
        Base64.decode(text).map { Base64.encode(self.fromCarrier.convert($0)) }
    }

    /// The AI's audio as the carrier wants it.
    func assistant(_ audio: ByteBuffer) -> ByteBuffer {
        self.holdsTail = true
        return self.toCarrier.convert(audio)
    }

    /// The end of the AI's audio, in a whole frame; nil where it has been taken.
    func tail() -> ByteBuffer? {
        guard self.holdsTail else { return nil }
        self.holdsTail = false
        return self.toCarrier.finish(within: Self.tailLength)
    }

    /// The carrier has thrown away what it was to play: the end of it is not to follow.
    func clear() {
        self.holdsTail = false
        self.toCarrier.reset()
    }
}
