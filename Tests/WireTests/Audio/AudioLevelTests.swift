import NIOCore
import Testing
import Wire

@Suite struct AudioLevelTests {
    @Test("silence has no level, nor has nothing")
    func silence() {
        #expect(AudioLevel.rms([]) == 0)
        #expect(AudioLevel.rms([0, 0, 0]) == 0)
        #expect(AudioLevel.rms(of: ByteBuffer(), format: .pcmu) == 0)
        #expect(AudioLevel.rms(of: ByteBuffer(repeating: 0xFF, count: 160), format: .pcmu) == 0)
        #expect(AudioLevel.rms(of: ByteBuffer(repeating: 0, count: 640), format: .l16(rate: 16_000)) == 0)
    }

    @Test("a sine's level is its peak over the root of two")
    func sine() {
        let samples = Tone.sine(frequency: 1000, duration: .seconds(1), amplitude: 10_000)
        #expect(abs(AudioLevel.rms(samples) - 7071) < 2)
    }

    @Test("the level of encoded audio is that of its samples")
    func encoded() {
        let samples = Tone.sine(frequency: 440, duration: .milliseconds(20), amplitude: 3000)
        let muLaw = AudioFormat.pcmu.audio(of: samples)
        #expect(AudioLevel.rms(of: muLaw, format: .pcmu) == AudioLevel.rms(AudioFormat.pcmu.samples(of: muLaw)))
        let linear = AudioFormat.l16(rate: 8000).audio(of: samples)
        #expect(AudioLevel.rms(of: linear, format: .l16(rate: 8000)) == AudioLevel.rms(samples))
    }

    @Test("full scale is 0 dB, half of it 6 dB less, and silence has no bottom")
    func decibels() {
        #expect(AudioLevel.decibels(rms: 32_768) == 0)
        #expect(abs(AudioLevel.decibels(rms: 16_384) + 6.02) < 0.01)
        #expect(AudioLevel.decibels(rms: 0) == -.infinity)
    }

    @Test("the loudest samples do not overflow")
    func loudest() {
        #expect(AudioLevel.rms([Int16](repeating: .min, count: 48_000)) == 32_768)
    }
}
