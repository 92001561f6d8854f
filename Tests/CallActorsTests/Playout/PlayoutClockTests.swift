import Testing
import Wire

@testable import CallActors

@Suite struct PlayoutClockTests {
    private let start = ContinuousClock.now

    @Test("audio is heard in real time from the moment it was sent")
    func realTime() {
        var clock = PlayoutClock(format: .pcmu)
        clock.sent(byteCount: 1600, at: self.start)
        #expect(clock.position(at: self.start) == 0)
        #expect(clock.position(at: self.start + .milliseconds(120)) == 960)
        #expect(clock.position(at: self.start + .seconds(5)) == 1600)
        #expect(clock.ahead(at: self.start + .milliseconds(50)) == .milliseconds(150))
        #expect(!clock.isSilent(at: self.start + .milliseconds(199)))
        #expect(clock.isSilent(at: self.start + .milliseconds(200)))
    }

    @Test("a clock that ran dry waits for the next audio")
    func ranDry() {
        var clock = PlayoutClock(format: .pcmu)
        clock.sent(byteCount: 160, at: self.start)
        #expect(clock.position(at: self.start + .milliseconds(500)) == 160)
        clock.sent(byteCount: 160, at: self.start + .seconds(1))
        #expect(clock.position(at: self.start + .milliseconds(1010)) == 240)
    }

    @Test("the smallest delay among the last four marks counts, and an early or absurdly late one is bounded")
    func delays() {
        var clock = PlayoutClock(format: .pcmu)
        for late in [300, 150, 900, -50] {
            clock.played(upTo: 0, expectedAt: self.start, at: self.start + .milliseconds(late))
        }
        #expect(clock.delay == .zero)
        for late in [300, 150, 900, 60_000] {
            clock.played(upTo: 0, expectedAt: self.start, at: self.start + .milliseconds(late))
        }
        #expect(clock.delay == .milliseconds(150))
        for _ in 0..<4 { clock.played(upTo: 0, expectedAt: self.start, at: self.start + .seconds(60)) }
        #expect(clock.delay == .seconds(2))
    }

    @Test("a mark proves what was played, but never more than was sent")
    func proof() {
        var clock = PlayoutClock(format: .pcmu)
        clock.sent(byteCount: 1600, at: self.start)
        clock.played(upTo: 9_999_999, expectedAt: self.start, at: self.start)
        #expect(clock.position(at: self.start) == 1600)
    }

    @Test("after a clear the clock stands where the caller stopped hearing, and stays there")
    func cleared() {
        var clock = PlayoutClock(format: .pcmu)
        clock.played(upTo: 0, expectedAt: self.start, at: self.start + .milliseconds(200))
        clock.sent(byteCount: 8000, at: self.start)
        let now = self.start + .milliseconds(700)
        clock.cleared(heard: clock.position(at: now))
        #expect(clock.sentBytes == 4000)
        #expect(clock.position(at: now) == 4000, "the known delay does not take back what was heard")
        #expect(clock.isSilent(at: now))
        #expect(clock.ahead(at: now) == .zero)
        clock.sent(byteCount: 1600, at: now)
        #expect(clock.position(at: now + .milliseconds(100)) == 4000)
        #expect(clock.position(at: now + .milliseconds(300)) == 4800)
    }

    @Test("L16 at 24 kHz counts 48 bytes a millisecond")
    func linear() {
        var clock = PlayoutClock(format: .l16(rate: 24_000))
        clock.sent(byteCount: 960 * 5, at: self.start)
        #expect(clock.ahead(at: self.start) == .milliseconds(100))
        #expect(clock.position(at: self.start + .milliseconds(30)) == 1440)
    }
}
