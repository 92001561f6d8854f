import NIOCore
import Wire

/// Listens to the far end's audio as it comes from the carrier, and says what matters for finding a mailbox.
///
/// Audio of any length is taken, cut into frames of 20 ms, and brought to 8 kHz by averaging where it has a higher rate.
/// Runs once per frame while a mailbox is still possible, and allocates nothing then.
package struct LineEar: Sendable {
    package let format: AudioFormat
    private let analyzer = ToneAnalyzer()
    private var detector = BeepDetector()
    private var meter = SpeechMeter()
    /// Samples of the frame that is not full yet.
    private var frame: [Float]
    private var filled = 0
    /// Samples of the line that make one at 8 kHz, and those of it that are there.
    private let ratio: Int
    private var sum: Float = 0
    private var summed = 0
    private var bytes = ByteBuffer()
    private var frameCount = 0

    private static let muLaw: [Float] = G711.muLawSamples.map(Float.init)

    /// - Parameter format: Of the audio; nil where its rate is no multiple of 8 kHz.
    package init?(format: AudioFormat) {
        guard format.sampleRate.isMultiple(of: 8000) else { return nil }
        self.format = format
        self.ratio = format.sampleRate / 8000
        self.frame = [Float](repeating: 0, count: ToneAnalyzer.frameLength)
    }

    /// The sound that was heard so far.
    package var heard: Duration { .milliseconds(20 * self.frameCount) }

    /// Our message begins: whoever speaks from here on speaks over it.
    package mutating func expectSilence() { self.detector.expectSilence() }

    /// Takes one piece of audio as a carrier sends it; what is not base64 is skipped.
    package mutating func hear(base64: ByteBuffer, _ report: (LineEvent) -> Void) {
        self.bytes.clear()
        guard Base64.decode(base64, into: &self.bytes) else { return }
        self.hear(self.bytes, report)
    }

    /// Takes raw audio in the line's format.
    package mutating func hear(_ audio: ByteBuffer, _ report: (LineEvent) -> Void) {
        switch self.format {
        case .pcmu:
            audio.withUnsafeReadableBytes { codes in
                for code in codes { self.take(Self.muLaw[Int(code)], report) }
            }
        case .l16:
            audio.withUnsafeReadableBytes { bytes in
                for index in 0..<bytes.count / 2 {
                    let sample = Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))
                    self.average(Float(sample), report)
                }
            }
        }
    }

    private mutating func average(_ sample: Float, _ report: (LineEvent) -> Void) {
        self.sum += sample
        self.summed += 1
        guard self.summed == self.ratio else { return }
        let mean = self.sum / Float(self.ratio)
        self.sum = 0
        self.summed = 0
        self.take(mean, report)
    }

    private mutating func take(_ sample: Float, _ report: (LineEvent) -> Void) {
        self.frame[self.filled] = sample
        self.filled += 1
        guard self.filled == ToneAnalyzer.frameLength else { return }
        self.filled = 0
        self.frameCount += 1
        let analyzer = self.analyzer
        let frame = self.frame.withUnsafeBufferPointer { analyzer.analyze($0) }
        let event = self.detector.hear(frame)
        let speech = self.meter.hear(frame.level, noise: self.detector.noise, isTone: self.detector.hearsTone)
        if let speech { report(speech) }
        switch event {
        case .toneBegan: report(.toneBegan(at: self.heard))
        case .beepEnded(let at): report(.beepEnded(at: at))
        case .speechFollows: report(.speechFollows(at: self.heard))
        case nil: break
        }
    }
}
