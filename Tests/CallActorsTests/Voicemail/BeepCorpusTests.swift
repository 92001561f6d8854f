import NIOCore
import StandIns
import Testing
import Wire

@testable import CallActors

/// Holds the thresholds: a small part of the corpus that `Benchmarks voicemail` measures as a whole.
@Suite struct BeepCorpusTests {
    private func score(_ kind: LineSound.Kind, count: Int) -> LineSoundScore {
        var score = LineSoundScore(kind: kind)
        for sound in LineSoundCorpus(seed: 2024).sounds(of: kind, count: count) {
            score.add(sound, reported: HeardLine(ByteBuffer(bytes: sound.muLaw)).beeps)
        }
        return score
    }

    @Test(
        "beeps are found, in silence all and in noise nearly all, and never twice",
        arguments: [LineSound.Kind.beepAfterSpeech, .beepAlone, .beepInNoise]
    )
    func found(_ kind: LineSound.Kind) {
        let score = self.score(kind, count: 12)
        #expect(score.sounds == 12, "the recordings are there")
        #expect(score.missed <= (kind == .beepInNoise ? 1 : 0), "\(score.failures)")
        #expect(score.wrong == 0, "\(score.failures)")
        #expect(score.latest <= .milliseconds(180), "the message starts within 300 ms")
    }

    @Test(
        "nothing of what a line carries beside beeps and melodies is taken for a beep",
        arguments: [
            LineSound.Kind.speech, .keypad, .informationTones, .ringback, .busy, .dial, .singleRingback, .singleBusy,
            .faxCalling, .faxAnswer, .noise,
            .shortTone, .longTone, .toneThenSpeech,
        ]
    )
    func others(_ kind: LineSound.Kind) {
        let score = self.score(kind, count: 6)
        #expect(score.sounds == 6)
        #expect(score.wrong == 0, "\(score.failures)")
    }

    @Test("the same seed makes the same sounds")
    func deterministic() {
        let first = LineSoundCorpus(seed: 5).sounds(of: .beepInNoise, count: 2)
        #expect(first == LineSoundCorpus(seed: 5).sounds(of: .beepInNoise, count: 2))
        #expect(first != LineSoundCorpus(seed: 6).sounds(of: .beepInNoise, count: 2))
    }
}
