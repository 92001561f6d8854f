import StandIns
import Testing

@Suite struct VoiceActivityDetectorTests {
    private func events(of levels: [(level: Double, frames: Int)]) -> [VoiceActivityDetector.Event] {
        var detector = VoiceActivityDetector()
        return levels.flatMap { part in (0..<part.frames).compactMap { _ in detector.process(level: part.level) } }
    }

    @Test("speech begins after three loud frames, 300 ms before the first of them, and ends after 500 ms of quiet")
    func oneTurn() {
        let events = self.events(of: [(0, 50), (2000, 20), (10, 24), (2000, 1), (10, 40)])
        #expect(events == [.started(startMilliseconds: 700), .stopped(endMilliseconds: 2400)])
    }

    @Test("clicks are no speech")
    func clicks() {
        #expect(self.events(of: [(0, 10), (9000, 2), (0, 10), (9000, 1), (0, 50)]).isEmpty)
    }

    @Test("the prefix reaches neither before the session nor into the turn before")
    func prefix() {
        let early = self.events(of: [(0, 5), (2000, 20)])
        #expect(early == [.started(startMilliseconds: 0)])
        let second = self.events(of: [(2000, 10), (0, 30), (2000, 10)])
        // 10 + 25 frames end the first turn at 700 ms, and the next begins with frame 40.
        #expect(
            second == [
                .started(startMilliseconds: 0), .stopped(endMilliseconds: 700), .started(startMilliseconds: 700),
            ]
        )
    }

    @Test("starts and stops take turns, whatever the levels")
    func alternate() {
        for seed in 0..<200 {
            var random = SeededGenerator(seed: UInt64(seed))
            var detector = VoiceActivityDetector()
            var isSpeech = false
            for _ in 0..<2000 {
                switch detector.process(level: Double.random(in: 0...700, using: &random)) {
                case .started(let start):
                    #expect(!isSpeech && start <= detector.elapsedMilliseconds)
                    isSpeech = true
                case .stopped(let end):
                    #expect(isSpeech && end == detector.elapsedMilliseconds)
                    isSpeech = false
                case nil: break
                }
                #expect(detector.isSpeech == isSpeech)
            }
        }
    }
}
