import Testing
import Wire

@Suite struct ToneTests {
    private static let digits = "0123456789*#ABCD"

    @Test("a tone lasts as long as it should, at every rate", arguments: [8000, 16_000, 24_000])
    func length(rate: Int) {
        #expect(Tone.sine(frequency: 1000, duration: .milliseconds(250), sampleRate: rate).count == rate / 4)
        #expect(Tone.silence(duration: .milliseconds(20), sampleRate: rate).count == rate / 50)
    }

    @Test("a sine has all of its energy at its frequency")
    func sine() {
        let samples = Tone.sine(frequency: 1000, duration: .milliseconds(100), amplitude: 8000)
        #expect(Goertzel(frequency: 1000).share(of: samples) > 0.99)
        #expect(Goertzel(frequency: 1200).share(of: samples) < 0.01)
        #expect(abs(Goertzel(frequency: 1000).power(samples) - 32_000_000) < 320_000, "half of the peak's square")
        #expect(Goertzel(frequency: 1000).share(of: [Int16](repeating: 0, count: 160)) == 0)
        #expect(Goertzel(frequency: 1000).power([]) == 0)
    }

    @Test("a digit's two strongest frequencies are its own", arguments: Array(digits))
    func dtmf(digit: Character) throws {
        let samples = try #require(Tone.dtmf(digit, duration: .milliseconds(100)))
        let block = samples.prefix(205)
        let expected = try #require(Tone.dtmfFrequencies(of: digit))
        let all: [Double] = [697, 770, 852, 941, 1209, 1336, 1477, 1633]
        let strongest = all.sorted { Goertzel(frequency: $0).power(block) > Goertzel(frequency: $1).power(block) }
        #expect(Set(strongest.prefix(2)) == [expected.low, expected.high])
    }

    @Test("all digits have different pairs, small letters are letters, and nothing else has one")
    func frequencies() {
        let pairs = Set(Self.digits.compactMap { Tone.dtmfFrequencies(of: $0) }.map { [$0.low, $0.high] })
        #expect(pairs.count == 16)
        #expect(Tone.dtmfFrequencies(of: "a")?.low == Tone.dtmfFrequencies(of: "A")?.low)
        for other in "Ee $+１" { #expect(Tone.dtmfFrequencies(of: other) == nil) }
        #expect(Tone.dtmf("x", duration: .milliseconds(80)) == nil)
    }

    @Test("mixing adds, keeps the longer one's end and clips")
    func mix() {
        #expect(Tone.mix([1, 2, 3], [10]) == [11, 2, 3])
        #expect(Tone.mix([30_000, -30_000], [30_000, -30_000]) == [.max, .min])
        #expect(Tone.sine(frequency: 1000, duration: .milliseconds(10), amplitude: 99_999).max() == .max)
    }
}
