import NIOCore
import Testing
import Wire

@testable import CallActors

@Suite struct PlayoutTests {
    private static let formats: [AudioFormat] = [.pcmu, .l16(rate: 16_000), .l16(rate: 24_000)]

    @Test(
        "audio leaves in whole frames, at most three in a message, and nothing of it is lost or changed",
        arguments: formats
    )
    func wholeFrames(format: AudioFormat) {
        for seed in 1...15 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var rig = PlayoutRig(format: format, carrierDelay: .milliseconds(40), wakeJitter: 0...60, seed: seed)
            var expected: [UInt8] = []
            for item in 0..<3 {
                var sent = 0
                for _ in 0..<random.int(1...12) {
                    let delta = random.bytes(random.int(1...format.frameByteCount * 20))
                    sent += delta.count
                    expected += delta
                    rig.deliver(delta, item: "item\(item)", response: "r\(item)")
                    rig.advance(by: random.milliseconds(0...300))
                }
                rig.finish(item: "item\(item)")
                let rest = sent % format.frameByteCount
                if rest > 0 { expected += Array(repeating: format.silenceByte, count: format.frameByteCount - rest) }
                rig.advance(by: random.milliseconds(0...100))
            }
            rig.advance(by: .seconds(120))
            #expect(rig.carrier.received == expected, "seed \(seed)")
            #expect(rig.carrier.messages.allSatisfy { $0 % format.frameByteCount == 0 })
            #expect(rig.carrier.messages.allSatisfy { $0 <= 3 * format.frameByteCount })
            #expect(rig.playout.isSilent(at: rig.now))
            #expect(rig.playout.isProvenPlayed)
            #expect(rig.interrupt().isEmpty, "all was heard: there is nothing to cut")
        }
    }

    @Test("a remainder of a delta waits for the next delta instead of being padded")
    func remainder() {
        var rig = PlayoutRig()
        rig.deliver(Array(repeating: 1, count: 100))
        rig.advance(by: .seconds(1))
        #expect(rig.carrier.received.isEmpty)
        rig.deliver(Array(repeating: 2, count: 60))
        #expect(rig.carrier.received == Array(repeating: 1, count: 100) + Array(repeating: 2, count: 60))
    }

    @Test("the remainder of an item is padded and sent once another item begins")
    func remainderBeforeAnotherItem() {
        var rig = PlayoutRig()
        rig.deliver([1, 2, 3], item: "a")
        rig.deliver(Array(repeating: 9, count: 160), item: "b")
        rig.advance(by: .milliseconds(100))
        #expect(
            rig.carrier.received == [1, 2, 3] + Array(repeating: 0xFF, count: 157) + Array(repeating: 9, count: 160)
        )
    }

    @Test(
        "the carrier never runs dry while audio is at hand, and is never further ahead than the lead",
        arguments: formats
    )
    func pacing(format: AudioFormat) {
        for seed in 1...20 as ClosedRange<UInt64> {
            var rig = PlayoutRig(format: format, wakeJitter: 0...130, seed: seed)
            rig.deliver(Array(repeating: 7, count: format.byteCount(of: .seconds(10))))
            rig.finish()
            rig.advance(by: .seconds(12))
            #expect(rig.carrier.silences.isEmpty, "seed \(seed)")
            #expect(rig.carrier.greatestLead <= .milliseconds(200))
            #expect(rig.carrier.received.count == format.byteCount(of: .seconds(10)))
        }
    }

    @Test("pacing asks for few wake-ups: about one for each message")
    func wakeUps() {
        var rig = PlayoutRig()
        rig.deliver(Array(repeating: 7, count: 8 * 6000))
        rig.advance(by: .seconds(7))
        #expect(rig.wakeUps <= rig.carrier.messages.count + 2)
    }

    @Test("a lead shorter than a message still leaves no silence between two messages")
    func shortLead() {
        var playout = Playout(format: .pcmu, lead: .milliseconds(20), maxChunkFrames: 3)
        var now = ContinuousClock.now
        var carrier = SimulatedCarrier(format: .pcmu)
        playout.enqueue(responseID: "r", itemID: "i", audio: ByteBuffer(repeating: 1, count: 8000), at: now)
        steps: while true {
            switch playout.next(at: now) {
            case .audio(let audio, _, _): carrier.receive(audio: audio, at: now)
            case .wait(let until): now = until
            case .mark, .idle: break steps
            }
        }
        #expect(carrier.received.count == 8000)
        #expect(carrier.silences.isEmpty)
    }

    @Test("what is shed is the oldest, counted in frames, and the item can still be heard to its end")
    func shedding() {
        var rig = PlayoutRig()
        for byte in 1...10 as ClosedRange<UInt8> {
            rig.playout.enqueue(
                responseID: "r",
                itemID: "i",
                audio: ByteBuffer(repeating: byte, count: 1600),
                at: rig.now
            )
        }
        #expect(rig.playout.shed(beyond: .seconds(1)) == 50)
        #expect(rig.playout.shed(beyond: .seconds(1)) == 0)
        rig.finish(item: "i")
        rig.advance(by: .seconds(3))
        #expect(rig.carrier.received.count == 8000)
        #expect(rig.carrier.received.first == 6)
        #expect(rig.interrupt().isEmpty)
    }

    @Test("after a lost stream the waiting audio plays on the next one, and what was lost is not counted as heard")
    func detach() {
        var rig = PlayoutRig(carrierDelay: .milliseconds(30))
        rig.deliver(Array(repeating: 1, count: 8 * 2000), item: "a")
        rig.finish(item: "a")
        rig.advance(by: .milliseconds(500))
        let heard = rig.playout.heard(itemID: "a", at: rig.now)
        rig.loseStream()
        #expect(rig.playout.isProvenPlayed, "no mark of the lost stream is awaited")
        #expect(rig.playout.heard(itemID: "a", at: rig.now) == heard)
        rig.advance(by: .seconds(5))
        rig.pump()
        rig.advance(by: .milliseconds(100))
        #expect(rig.playout.heard(itemID: "a", at: rig.now) <= heard + .milliseconds(100))
        rig.advance(by: .seconds(3))
        #expect(rig.playout.isSilent(at: rig.now))
        #expect(rig.interrupt().isEmpty, "an answer that was heard as far as it could be is not cut later")
    }

    @Test("an answer of which everything had left when the stream was lost is over")
    func detachAtTheEnd() {
        var rig = PlayoutRig()
        rig.deliver(Array(repeating: 1, count: 800))
        rig.finish()
        rig.playout.detach(at: rig.now)
        #expect(rig.playout.isSilent(at: rig.now))
        #expect(rig.interrupt().isEmpty)
    }

    @Test("items that were heard are forgotten")
    func forgetsHeardItems() {
        var rig = PlayoutRig()
        for item in 0..<50 {
            rig.deliver(Array(repeating: 1, count: 320), item: "item\(item)")
            rig.finish(item: "item\(item)")
            rig.advance(by: .milliseconds(300))
        }
        #expect(rig.playout.items.count <= 1)
    }

    @Test("a response that is done completes its items, and a lost model completes all")
    func completion() {
        var rig = PlayoutRig()
        rig.deliver([1, 2, 3], item: "a", response: "r1")
        #expect(!rig.playout.isSilent(at: rig.now))
        rig.playout.finish(responseID: "r2")
        rig.pump()
        #expect(rig.carrier.received.isEmpty)
        rig.playout.finish(responseID: "r1")
        rig.pump()
        #expect(rig.carrier.received.count == 160)
        rig.deliver([1, 2, 3], item: "b", response: "r3")
        rig.playout.finishAll()
        rig.pump()
        #expect(rig.carrier.received.count == 320)
    }
}
