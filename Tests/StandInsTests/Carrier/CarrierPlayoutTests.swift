import StandIns
import Testing
import Wire

@Suite struct CarrierPlayoutTests {
    private let start = ContinuousClock.now

    private func at(_ milliseconds: Int) -> ContinuousClock.Instant { self.start + .milliseconds(milliseconds) }

    private func frame(_ item: UInt32, _ sequence: UInt32) -> [UInt8] {
        var frame = Array(repeating: UInt8(0x30), count: 160)
        FrameStamp(source: item, sequence: sequence, line: 3).write(to: &frame, format: .pcmu)
        return frame
    }

    @Test("audio plays from its arrival, one piece after the other, and stops at clear")
    func plays() throws {
        var playout = CarrierPlayout(format: .pcmu)
        playout.play(self.frame(1, 0) + self.frame(1, 1), at: self.at(0))
        playout.play(self.frame(2, 0), at: self.at(10))
        playout.advance(to: self.at(30))
        #expect(playout.items.map(\.heardByteCount) == [240, 0])
        #expect(playout.isAudible(at: self.at(59)))
        let (discarded, _) = playout.clear(at: self.at(50))
        #expect(discarded == 80)
        playout.advance(to: self.at(500))
        #expect(playout.items.map(\.heardByteCount) == [320, 80])
        #expect(!playout.isAudible(at: self.at(51)))
    }

    @Test("after a pause the next piece plays at once")
    func pause() {
        var playout = CarrierPlayout(format: .pcmu)
        playout.play(self.frame(1, 0), at: self.at(0))
        playout.play(self.frame(1, 1), at: self.at(1000))
        playout.advance(to: self.at(1010))
        #expect(playout.items.map(\.heardByteCount) == [240])
    }

    @Test(
        "marks are due when what came before them was played, at once when nothing is queued, and all of them at clear"
    )
    func marks() {
        var playout = CarrierPlayout(format: .pcmu)
        playout.mark("none", at: self.at(0))
        #expect(playout.dueMarks(at: self.at(0)).map(\.name) == ["none"])
        playout.play(self.frame(1, 0), at: self.at(0))
        playout.mark("first", at: self.at(1))
        playout.play(self.frame(1, 1), at: self.at(2))
        playout.mark("second", at: self.at(2))
        #expect(playout.dueMarks(at: self.at(19)).isEmpty)
        #expect(playout.nextMark == self.at(20))
        #expect(playout.dueMarks(at: self.at(20)).map(\.name) == ["first"])
        let echoes = playout.clear(at: self.at(21)).echoes
        #expect(echoes == [CarrierPlayout.Echo(name: "second", isCleared: true)])
        #expect(playout.dueMarks(at: self.at(90)).isEmpty)
    }

    @Test("frames that are lost, doubled or out of order are counted")
    func misplaced() {
        var playout = CarrierPlayout(format: .pcmu)
        for sequence in [0, 1, 3, 3, 4] as [UInt32] { playout.play(self.frame(1, sequence), at: self.at(0)) }
        #expect(playout.items.map(\.misplacedFrames) == [2])
        #expect(playout.items.first?.line == SpeechLine(number: 3))
    }

    @Test("however the audio arrives, what was heard and what was discarded is what came")
    func conserves() {
        for seed in 0..<200 {
            var random = SeededGenerator(seed: UInt64(seed))
            var playout = CarrierPlayout(format: .pcmu)
            var (now, arrived, discarded) = (0, 0, 0)
            for index in 0..<60 {
                now += Int.random(in: 0...60, using: &random)
                let count = Int.random(in: 1...700, using: &random)
                switch Int.random(in: 0..<10, using: &random) {
                case 0: discarded += playout.clear(at: self.at(now)).discardedByteCount
                case 1: playout.advance(to: self.at(now))
                default:
                    playout.play(Array(repeating: UInt8(index), count: count), at: self.at(now))
                    arrived += count
                }
            }
            let waiting = playout.clear(at: self.at(now)).discardedByteCount
            let heard = playout.items.reduce(0) { $0 + $1.heardByteCount }
            #expect(heard + discarded + waiting == arrived, "seed \(seed)")
            #expect(heard <= now * 8, "seed \(seed): more was heard than there was time for")
        }
    }
}
