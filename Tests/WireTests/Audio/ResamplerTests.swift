import Foundation
import NIOCore
import Testing
import Wire

@Suite("Resampling between 16 and 24 kHz")
struct ResamplerTests {
    private static let rates = [(16_000, 24_000), (24_000, 16_000)]

    private func pcm(_ samples: [Int16], rate: Int) -> ByteBuffer { AudioFormat.l16(rate: rate).audio(of: samples) }

    private func samples(_ audio: ByteBuffer, rate: Int) -> [Int16] { AudioFormat.l16(rate: rate).samples(of: audio) }

    /// Loud noise, always the same.
    private func noise(_ count: Int, seed: UInt64) -> [Int16] {
        var random = SocketTestRandom(seed: seed)
        return (0..<count).map { _ in Int16.random(in: -12_000...12_000, using: &random) }
    }

    @Test("every 20 ms that go in are 20 ms that come out, from the first on", arguments: rates)
    func frames(input: Int, output: Int) {
        let resampler = Resampler(from: input, to: output)
        let frame = self.pcm(self.noise(input / 50, seed: 1), rate: input)
        for _ in 0..<100 { #expect(resampler.convert(frame).readableBytes == output / 50 * 2) }
    }

    @Test("what comes out does not depend on the pieces in which it went in, half samples included", arguments: rates)
    func pieces(input: Int, output: Int) {
        var random = SocketTestRandom(seed: 7)
        let sound = self.pcm(self.noise(input, seed: 2), rate: input)
        let whole = Resampler(from: input, to: output).convert(sound)
        #expect(whole.readableBytes == output * 2)
        for most in [3, 97, 700, 5000] {
            let resampler = Resampler(from: input, to: output)
            var rest = sound
            var pieces = ByteBuffer()
            while rest.readableBytes > 0 {
                let count = min(rest.readableBytes, Int.random(in: 0...most, using: &random))
                guard let piece = rest.readSlice(length: count) else { break }
                pieces.writeImmutableBuffer(resampler.convert(piece))
            }
            #expect(pieces == whole, "pieces of at most \(most) bytes")
        }
    }

    @Test("after a reset it is as new, whatever was in it", arguments: rates)
    func reset(input: Int, output: Int) {
        let resampler = Resampler(from: input, to: output)
        _ = resampler.convert(self.pcm(self.noise(1234, seed: 3), rate: input))
        _ = resampler.convert(ByteBuffer(bytes: [1]))
        resampler.reset()
        let silence = ByteBuffer(repeating: 0, count: input / 50 * 2)
        #expect(resampler.convert(silence) == ByteBuffer(repeating: 0, count: output / 50 * 2))
        resampler.reset()
        let sound = self.pcm(self.noise(input, seed: 4), rate: input)
        #expect(resampler.convert(sound) == Resampler(from: input, to: output).convert(sound))
    }

    @Test("a sound comes out whole, as late as is said, and its end when it is asked for", arguments: rates)
    func delay(input: Int, output: Int) throws {
        let resampler = Resampler(from: input, to: output)
        var click = [Int16](repeating: 0, count: input / 50)
        click[click.count - 1] = 20_000
        var sound = self.samples(resampler.convert(self.pcm(click, rate: input)), rate: output)
        sound += self.samples(resampler.finish(within: .milliseconds(20)), rate: output)
        #expect(sound.count == output / 25)
        let peak = try #require(sound.indices.max { sound[$0].magnitude < sound[$1].magnitude })
        let late = Double(peak) / Double(output) - Double(click.count - 1) / Double(input)
        let (_, attoseconds) = resampler.delay.components
        #expect(abs(late - Double(attoseconds) / 1e18) < 0.0002, "\(late)")
        #expect(resampler.delay <= .milliseconds(15))
        let silence = ByteBuffer(repeating: 0, count: input / 50 * 2)
        #expect(self.samples(resampler.convert(silence), rate: output).allSatisfy { $0 == 0 })
    }

    @Test("silence stays silence and full scale does not wrap round", arguments: rates)
    func extremes(input: Int, output: Int) {
        let resampler = Resampler(from: input, to: output)
        let silence = ByteBuffer(repeating: 0, count: input * 2)
        #expect(resampler.convert(silence) == ByteBuffer(repeating: 0, count: output * 2))
        let square = (0..<input).map { $0 / (input / 100) % 2 == 0 ? Int16.max : Int16.min }
        let sound = self.samples(resampler.convert(self.pcm(square, rate: input)), rate: output)
        let skip = output / 20
        for (index, sample) in sound.enumerated().dropFirst(skip) where index % (output / 100) == output / 200 {
            #expect(sample.magnitude > 25_000)
        }
    }

    // MARK: - Quality

    @Test("the pass band is flat to 7.2 kHz within a hundredth of a decibel", arguments: rates)
    func passBand(input: Int, output: Int) {
        for frequency in [50.0, 300, 1000, 3400, 5000, 6000, 7000, 7200] {
            let level = ResamplerQuality(from: input, to: output).gain(at: frequency)
            #expect(abs(level) < 0.01, "\(frequency) Hz: \(level) dB")
        }
    }

    @Test("what 16 kHz cannot hold is suppressed by 80 dB, and no image of it appears at 24 kHz")
    func stopBand() {
        for frequency in stride(from: 8200.0, to: 11_900, by: 300) {
            let level = ResamplerQuality(from: 24_000, to: 16_000).total(at: frequency)
            #expect(level < -80, "\(frequency) Hz: \(level) dB")
        }
        for frequency in [1000.0, 4500, 6000, 7000] {
            let level = ResamplerQuality(from: 16_000, to: 24_000).image(of: frequency)
            #expect(level < -80, "\(frequency) Hz: \(level) dB")
        }
    }

    @Test("a loud tone has 75 dB to noise and distortion", arguments: rates)
    func noiseFloor(input: Int, output: Int) {
        for frequency in [440.0, 1000, 3100, 6500] {
            let ratio = ResamplerQuality(from: input, to: output).signalToNoise(at: frequency)
            #expect(ratio > 75, "\(frequency) Hz: \(ratio) dB")
        }
    }
}
