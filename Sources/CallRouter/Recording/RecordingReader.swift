import NIOCore
import Wire

/// Makes samples of the file's rate of the audio of a call, which may run at another one.
///
/// With `L16@16000h` the call runs at 24 kHz and the recording at the line's own 16 kHz. Both sides then come 10 ms late
/// alike, which keeps them together.
final class RecordingReader {
    /// Of the file: what the samples are.
    let fileFormat: AudioFormat
    private let format: AudioFormat
    private let callerConverter: Resampler?
    private let assistantConverter: Resampler?

    /// - Parameters:
    ///   - format: Of the audio.
    ///   - sampleRate: Of the file.
    init(format: AudioFormat, sampleRate: Int) {
        self.format = format
        let converts = sampleRate != format.sampleRate && format != .pcmu
        self.fileFormat = converts ? .l16(rate: sampleRate) : format
        self.callerConverter = converts ? Resampler(from: format.sampleRate, to: sampleRate) : nil
        self.assistantConverter = converts ? Resampler(from: format.sampleRate, to: sampleRate) : nil
    }

    func caller(_ audio: ByteBuffer) -> [Int16] { self.samples(of: audio, by: self.callerConverter) }

    func assistant(_ audio: ByteBuffer) -> [Int16] { self.samples(of: audio, by: self.assistantConverter) }

    /// What the assistant says next does not go on from what it said last.
    func cutAssistant() { self.assistantConverter?.reset() }

    private func samples(of audio: ByteBuffer, by converter: Resampler?) -> [Int16] {
        guard let converter else { return self.format.samples(of: audio) }
        return self.fileFormat.samples(of: converter.convert(audio))
    }
}
