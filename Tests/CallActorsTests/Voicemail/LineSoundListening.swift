import NIOCore
import StandIns
import Wire

@testable import CallActors

/// What a line ear reports of a sound, and when.
struct HeardLine {
    var events: [(event: LineEvent, at: Duration)] = []

    /// Listens to audio in pieces of these sizes, in bytes, over and over.
    init(_ audio: ByteBuffer, format: AudioFormat = .pcmu, pieces: [Int] = [160]) {
        guard var ear = LineEar(format: format) else { return }
        var rest = audio
        var index = 0
        while rest.readableBytes > 0 {
            let size = min(rest.readableBytes, pieces[index % pieces.count])
            index += 1
            guard let piece = rest.readSlice(length: size) else { return }
            let now = format.duration(byteCount: audio.readableBytes - rest.readableBytes)
            ear.hear(piece) { self.events.append(($0, now)) }
        }
    }

    /// Where the beeps ended, and when that was said.
    var beeps: [(end: Duration, at: Duration)] {
        self.events.compactMap { event, at in
            if case .beepEnded(let end) = event { (end, at) } else { nil }
        }
    }
}

/// A line built piece by piece, at 8 kHz.
struct LineBuilder {
    var samples: [Int16] = []

    mutating func silence(_ milliseconds: Int) {
        self.samples += Tone.silence(duration: .milliseconds(milliseconds))
    }

    mutating func tone(_ frequency: Double, _ milliseconds: Int, amplitude: Double = 8000) {
        self.samples += Tone.sine(
            frequency: frequency,
            duration: .milliseconds(milliseconds),
            amplitude: amplitude
        )
    }

    mutating func speech(_ line: SpeechLine, upTo milliseconds: Int = 60_000) {
        let clip = SpeechLibrary.shared.clip(line).muLaw.prefix(milliseconds * 8)
        self.samples += G711.decodeMuLaw(ByteBuffer(bytes: clip))
    }

    /// What has been built so far lasts this long.
    var duration: Duration { .microseconds(125 * self.samples.count) }

    var muLaw: ByteBuffer { G711.encodeMuLaw(self.samples) }

    /// The same at a multiple of 8 kHz, each sample held.
    func linear(rate: Int) -> ByteBuffer {
        var audio = ByteBuffer()
        for sample in self.samples {
            for _ in 0..<rate / 8000 { audio.writeInteger(sample, endianness: .little) }
        }
        return audio
    }
}
