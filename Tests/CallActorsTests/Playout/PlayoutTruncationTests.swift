import NIOCore
import Testing
import Wire

@testable import CallActors

/// `audio_end_ms` is what the caller truly heard, never more.
@Suite struct PlayoutTruncationTests {
    @Test("once marks have told the carrier's delay, a cut is what it had played, within 20 ms and never more")
    func constantDelay() throws {
        for seed in 1...60 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let delay = random.milliseconds(0...400)
            let format: AudioFormat = random.chance(50) ? .pcmu : .l16(rate: 24_000)
            var rig = PlayoutRig(format: format, carrierDelay: delay, wakeJitter: 0...40, seed: seed)
            rig.deliver(Array(repeating: 1, count: format.byteCount(of: .seconds(8))))
            rig.advance(by: .milliseconds(900) + random.milliseconds(0...4000))
            let played = format.duration(byteCount: rig.carrier.played(at: rig.now))
            let cut = try #require(rig.interrupt().first)
            #expect(cut.heard <= played, "seed \(seed)")
            #expect(played - cut.heard <= .milliseconds(20), "seed \(seed): \(cut.heard) of \(played)")
        }
    }

    @Test("before the first mark is back, a cut is never more than the first mark's audio beyond what was played")
    func beforeTheFirstMark() throws {
        for wait in stride(from: 0, through: 400, by: 20) {
            var rig = PlayoutRig(carrierDelay: .milliseconds(400))
            rig.deliver(Array(repeating: 1, count: 8 * 4000))
            rig.advance(by: .milliseconds(wait))
            let cut = try #require(rig.interrupt().first)
            #expect(rig.carrier.played(at: rig.now) == 0)
            #expect(cut.heard <= .milliseconds(60))
        }
    }

    @Test("a carrier that sends no marks back is reckoned by the clock alone after two seconds")
    func noMarks() throws {
        var rig = PlayoutRig()
        rig.deliver(Array(repeating: 1, count: 8 * 10_000))
        // Feed the carrier, and keep its marks from the playout.
        let start = rig.now
        var now = start
        while now < start + .milliseconds(3500) {
            if case .wait(let until) = rig.playout.next(at: now) { now = until }
        }
        let cut = try #require(rig.playout.interrupt(at: start + .milliseconds(3400)).cuts.first)
        #expect(cut.heard == .milliseconds(3400))
        // It is known by now: the next answer is reckoned by the clock from its beginning.
        now = start + .seconds(4)
        rig.playout.enqueue(responseID: "r2", itemID: "b", audio: ByteBuffer(repeating: 1, count: 8000), at: now)
        sending: while true { guard case .audio = rig.playout.next(at: now) else { break sending } }
        #expect(rig.playout.heard(itemID: "b", at: now + .milliseconds(150)) == .milliseconds(150))
    }

    @Test("heard never exceeds what was received, sent, or played by the carrier once its delay is known")
    func bounds() {
        for seed in 1...30 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var rig = PlayoutRig(carrierDelay: random.milliseconds(0...300), wakeJitter: 0...80, seed: seed)
            rig.deliver(random.bytes(4000))
            rig.advance(by: .milliseconds(700))
            var received = 4000
            for _ in 0..<60 {
                let delta = random.int(1...3000)
                received += delta
                rig.deliver(random.bytes(delta))
                rig.advance(by: random.milliseconds(1...200))
                let heard = rig.playout.heard(itemID: "item", at: rig.now)
                #expect(heard <= AudioFormat.pcmu.duration(byteCount: received))
                #expect(heard <= AudioFormat.pcmu.duration(byteCount: rig.carrier.received.count))
                #expect(heard <= AudioFormat.pcmu.duration(byteCount: rig.carrier.played(at: rig.now)))
            }
        }
    }

    @Test("marks that come back because of clear do not count as heard")
    func marksOfClear() {
        var rig = PlayoutRig(carrierDelay: .milliseconds(100))
        rig.deliver(Array(repeating: 1, count: 8 * 5000), item: "a")
        rig.advance(by: .seconds(1))
        _ = rig.interrupt()
        rig.deliver(Array(repeating: 2, count: 8 * 5000), item: "b")
        #expect(rig.playout.heard(itemID: "b", at: rig.now) == .zero)
        rig.advance(by: .milliseconds(50))
        #expect(rig.playout.heard(itemID: "b", at: rig.now) == .zero, "the carrier is known to play 100 ms late")
    }

    @Test("foreign, late and doubled marks change nothing")
    func strangeMarks() {
        var rig = PlayoutRig()
        var seen: [String] = []
        rig.playout.enqueue(responseID: "r", itemID: "a", audio: ByteBuffer(repeating: 1, count: 8000), at: rig.now)
        while case .audio(_, let mark, _) = rig.playout.next(at: rig.now) { if let mark { seen.append(mark) } }
        let cut = rig.playout.interrupt(at: rig.now).cuts
        #expect(cut.first?.heard == .zero)
        rig.playout.enqueue(responseID: "r2", itemID: "b", audio: ByteBuffer(repeating: 1, count: 8000), at: rig.now)
        while case .audio = rig.playout.next(at: rig.now) {}
        for name in seen + seen + ["", "g9:9", "🙂"] { rig.playout.markReturned(name, at: rig.now) }
        #expect(rig.playout.heard(itemID: "b", at: rig.now) == .zero)
    }

    @Test("two playouts on one stream do not take each other's marks")
    func prefixes() {
        let now = ContinuousClock.now
        var marks: [String] = []
        var second = Playout(format: .pcmu, markPrefix: "b")
        for prefix in ["a", "b"] {
            var playout = Playout(format: .pcmu, markPrefix: prefix)
            playout.enqueue(responseID: "r", itemID: "i", audio: ByteBuffer(repeating: 1, count: 480), at: now)
            if case .audio(_, let mark?, _) = playout.next(at: now) { marks.append(mark) }
            if prefix == "b" { second = playout }
        }
        #expect(Set(marks).count == 2)
        second.markReturned(marks[0], at: now)
        #expect(!second.isProvenPlayed)
        second.markReturned(marks[1], at: now)
        #expect(second.isProvenPlayed)
    }

    @Test("a cut names every item that was not heard to its end, in order, and whether the model had finished it")
    func severalItems() {
        var rig = PlayoutRig()
        rig.deliver(Array(repeating: 1, count: 1600), item: "heard", response: "r1")
        rig.finish(item: "heard")
        rig.advance(by: .seconds(1))
        rig.deliver(Array(repeating: 1, count: 8000), item: "playing", response: "r2")
        rig.finish(item: "playing")
        rig.deliver(Array(repeating: 1, count: 8000), item: "waiting", response: "r2")
        rig.advance(by: .milliseconds(500))
        let (cuts, dropped) = rig.playout.interrupt(at: rig.now)
        #expect(cuts.map(\.itemID) == ["playing", "waiting"])
        #expect(cuts.map(\.heard) == [.milliseconds(500), .zero])
        #expect(cuts.map(\.received) == [.seconds(1), .seconds(1)])
        #expect(cuts.map(\.wasComplete) == [true, false])
        #expect(dropped == 100 - rig.carrier.received.count / 160 + 10)
        #expect(rig.playout.next(at: rig.now).isIdle, "after a clear nothing of it is sent")
    }

    @Test("what is placed in a recording follows without gaps, whatever the carrier's delay")
    func placement() {
        var playout = Playout(format: .pcmu)
        var now = ContinuousClock.now
        playout.enqueue(responseID: "r", itemID: "i", audio: ByteBuffer(repeating: 1, count: 16_000), at: now)
        var end: ContinuousClock.Instant?
        var marks: [String] = []
        steps: while true {
            switch playout.next(at: now) {
            case .audio(let audio, let mark, let startsAt):
                if let end { #expect(end == startsAt) }
                end = startsAt + AudioFormat.pcmu.duration(byteCount: audio.readableBytes)
                if let mark { marks.append(mark) }
            case .wait(let until): now = until
            case .mark, .idle: break steps
            }
            if now.duration(to: end ?? now) < .milliseconds(100), let mark = marks.popLast() {
                playout.markReturned(mark, at: now + .milliseconds(300))
            }
        }
        #expect(playout.placeHeard(at: now) < now)
    }
}

extension Playout.Step {
    var isIdle: Bool { if case .idle = self { true } else { false } }
}
