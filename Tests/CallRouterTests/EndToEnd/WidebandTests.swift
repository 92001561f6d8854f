import Foundation
import StandIns
import Testing
import Wire

@Suite("A call at 16 kHz through the real binary", .serialized, .timeLimit(.minutes(2)))
struct WidebandTests {
    private static let carrierFormat = AudioFormat.l16(rate: 16_000)
    private static let modelFormat = AudioFormat.l16(rate: 24_000)
    /// No recorded line: the stand-in hums it, in tones that can be measured.
    private static let hummed = "Some words that nobody has recorded, long enough to be measured."

    private static let tone = Murmur.tone(hertz: 1000, milliseconds: 1500)

    @Test("tones arrive at the model and at the caller with their frequency, level and length")
    func bothWays() async throws {
        try await EndToEndBed.run { bed in
            let model = try await StandInModel.start(script: ModelScript { _ in ModelReply([.say(Self.hummed)]) })
            let (router, _) = try await bed.start(environment: [
                "STREAM_CODEC": "L16@16000h", "OPENAI_REALTIME_URL": model.url,
            ])
            let call = bed.carrier.makeCall()
            async let line: Void = call.run()
            try await call.listen(untilSilentFor: .milliseconds(900))
            try await call.play(Self.tone)
            let connection = try #require(model.connections.current.first)
            try await connection.record.wait(for: "the end of the tone", within: .seconds(20)) { record in
                record.utterances.contains { $0.stoppedAt != nil } ? () : nil
            }
            await call.hangUp()
            await line
            let stream = try #require(call.record.read(\.streams).first)
            #expect(stream.format == Self.carrierFormat)
            #expect(stream.media.allSatisfy { $0.byteCount.isMultiple(of: Self.carrierFormat.frameByteCount) })
            self.expectTone(in: connection.record.read(\.audio), framesSent: call.record.read(\.sentFrames))
            self.expectHum(in: stream.audio)
            let session = connection.record.read(\.session)
            #expect(session["audio"]?["input"]?["format"]?["rate"]?.int == 24_000)
            #expect(session["audio"]?["output"]?["format"]?["rate"]?.int == 24_000)
            #expect(call.record.read(\.anomalies).isEmpty)
            router.signal(SIGTERM)
            #expect(try await router.end().status == 0)
            await model.stop()
        }
    }

    /// The caller's tone, at the model: what the stand-in made of it at 16 kHz.
    private func expectTone(in audio: [UInt8], framesSent: Int) {
        let samples = AudioBytes.samples(audio, format: Self.modelFormat)
        #expect(samples.count.isMultiple(of: 480), "whole frames")
        #expect(samples.count <= framesSent * 480)
        let loud = Self.loudPart(of: samples, frame: 480)
        #expect(abs(loud.count - 36_000) <= 3 * 480, "1.5 s, not \(loud.count) samples")
        let middle = loud.dropFirst(4800).prefix(24_000)
        let tone = Goertzel(frequency: 1000, sampleRate: 24_000)
        #expect(tone.share(of: middle) > 0.99)
        let sent = AudioBytes.convert(muLaw: Self.tone.muLaw, to: Self.carrierFormat)
        let original = AudioBytes.samples(sent, format: Self.carrierFormat)
        let before = Goertzel(frequency: 1000, sampleRate: 16_000).power(original.prefix(16_000))
        let change: Double = 10 * log10(tone.power(middle) / before)
        #expect(abs(change) < 0.1)
    }

    /// The model's hum, at the caller: what the stand-in made of it at 24 kHz, overtone by overtone.
    private func expectHum(in audio: [UInt8]) {
        let clip = SpeechLibrary.shared.clip(saying: Self.hummed)
        let original = AudioBytes.samples(
            AudioBytes.convert(muLaw: clip.muLaw, to: Self.modelFormat),
            format: Self.modelFormat
        )
        let heard = Self.loudPart(of: AudioBytes.samples(audio, format: Self.carrierFormat), frame: 320)
        let length = original.count * 2 / 3
        // The hum is said once as the greeting; what follows the tone may have begun.
        #expect(heard.count >= length - 2 * 320)
        for frequency in [130.0, 520, 1170] {
            let before = Goertzel(frequency: frequency, sampleRate: 24_000).power(
                original.dropFirst(2400).prefix(36_000)
            )
            let after = Goertzel(frequency: frequency, sampleRate: 16_000).power(heard.dropFirst(1600).prefix(24_000))
            let change: Double = 10 * log10(after / before)
            #expect(abs(change) < 0.5, "\(frequency) Hz")
        }
    }

    /// From the first loud frame to the last loud one before half a second of silence.
    private static func loudPart(of samples: [Int16], frame: Int) -> ArraySlice<Int16> {
        let isLoud = stride(from: 0, to: samples.count - frame + 1, by: frame).map { start in
            AudioBytes.level(samples[start..<start + frame]) > 200
        }
        guard let first = isLoud.firstIndex(of: true) else { return [] }
        var last = first
        for (index, loud) in isLoud.enumerated().dropFirst(first) where loud && index - last < 25 { last = index }
        return samples[first * frame..<(last + 1) * frame]
    }
}
