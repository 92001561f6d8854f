import NIOCore
import Testing
import Wire

@testable import CallActors

@Suite struct CallerAudioLaneTests {
    /// One 20 ms frame of PCMU: 160 bytes, as 216 letters of base64.
    static func frame(_ number: Int) -> ByteBuffer {
        var text = ByteBuffer(string: String(repeating: "A", count: 204))
        let digits = String(number)
        text.writeString(String(repeating: "0", count: 8 - digits.count) + digits + "AA==")
        return text
    }

    static func number(_ frame: CallerFrame) -> Int { Int(String(buffer: frame.base64).suffix(12).dropLast(4)) ?? -1 }

    private func send(_ numbers: some Sequence<Int>, to lane: CallerAudioLane) -> Int {
        var displaced = 0
        for number in numbers {
            if case .displacedUnsent(let count) = lane.send(Self.frame(number), readAt: .now) { displaced += count }
        }
        return displaced
    }

    /// Takes everything that is at hand now.
    private func drain(_ lane: CallerAudioLane) -> [CallerFrame] {
        var frames: [CallerFrame] = []
        while let frame = lane.take() { frames.append(frame) }
        return frames
    }

    @Test("frames that come before a model session are handed out in order once one opens")
    func early() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        #expect(self.send(0..<100, to: lane) == 0)
        #expect(lane.take() == nil, "nothing can be handed out yet")
        #expect(lane.open() == 0)
        let frames = self.drain(lane)
        #expect(frames.map(Self.number) == Array(0..<100))
        #expect(frames.allSatisfy { !$0.isReplay })
    }

    @MainActor
    @Test("a consumer gets what waits at once, and each later frame as it is, with its time, until the end")
    func live() async throws {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        _ = self.send(0..<3, to: lane)
        lane.open()
        let log = ConsumerLog()
        let consumer = Task { @MainActor in
            lane.lend {
                log.frames.append($0)
            } settle: {
                log.settled.append(log.frames.count)
            }
            await withUnsafeContinuation { lane.resumeAtEnd($0) }
        }
        await Task.yield()
        #expect(log.frames.map(Self.number) == [0, 1, 2])
        #expect(log.settled == [3])
        let readAt = ContinuousClock.now - .milliseconds(7)
        _ = lane.send(Self.frame(3), readAt: readAt)
        let frame = try #require(log.frames.last)
        #expect(frame.readAt == readAt)
        #expect(frame.base64 == Self.frame(3))
        #expect(!frame.isReplay)
        lane.close()
        _ = self.send(4..<6, to: lane)
        #expect(log.frames.count == 4, "no session is open")
        #expect(lane.open() == 4)
        #expect(log.frames.map(Self.number) == [0, 1, 2, 3, 0, 1, 2, 3, 4, 5])
        #expect(log.frames.map(\.isReplay) == [false, false, false, false, true, true, true, true, false, false])
        lane.finish()
        _ = self.send(6..<8, to: lane)
        await consumer.value
        #expect(log.frames.count == 10, "nothing is handed out after the end")
    }

    @MainActor
    private final class ConsumerLog {
        var frames: [CallerFrame] = []
        var settled: [Int] = []
    }

    @Test("at most the limit is kept: the oldest go, and those that no session has had are counted")
    func bound() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        #expect(self.send(0..<300, to: lane) == 50)
        lane.open()
        #expect(self.drain(lane).map(Self.number) == Array(50..<300))
    }

    @Test("frames that a session has had are displaced without being counted as lost")
    func displacedAfterSending() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(1))
        lane.open()
        var displaced = 0
        for number in 0..<200 {
            displaced += self.send([number], to: lane)
            _ = lane.take()
        }
        #expect(displaced == 0)
        lane.close()
        #expect(self.send(200..<210, to: lane) == 0)
        #expect(lane.open() == 40)
        #expect(self.drain(lane).map(Self.number) == Array(160..<210))
    }

    @Test("a new session gets again what the lost one had not committed, then what came meanwhile")
    func replay() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.open()
        _ = self.send(0..<100, to: lane)
        #expect(self.drain(lane).count == 100)
        // The model heard the caller stop after 1.2 s of audio: 60 frames.
        lane.committed(upTo: .milliseconds(1200))
        lane.close()
        _ = self.send(100..<110, to: lane)
        #expect(lane.open() == 40)
        let frames = self.drain(lane)
        #expect(frames.map(Self.number) == Array(60..<110))
        #expect(frames.filter(\.isReplay).map(Self.number) == Array(60..<100))
    }

    @Test("a commit in the middle of a frame keeps the frame")
    func commitWithinFrame() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.open()
        _ = self.send(0..<10, to: lane)
        _ = self.drain(lane)
        lane.committed(upTo: .milliseconds(50))
        lane.close()
        lane.open()
        #expect(self.drain(lane).map(Self.number) == Array(2..<10))
    }

    @Test("positions of a commit count from the session's first audio, replayed audio included")
    func positionsRestart() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.open()
        _ = self.send(0..<50, to: lane)
        _ = self.drain(lane)
        lane.committed(upTo: .milliseconds(400))
        lane.close()
        lane.open()
        _ = self.drain(lane)
        lane.committed(upTo: .milliseconds(200))
        lane.close()
        lane.open()
        #expect(self.drain(lane).map(Self.number) == Array(30..<50))
    }

    @Test("a commit without a position covers everything that was handed out")
    func commitOfAll() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.open()
        _ = self.send(0..<20, to: lane)
        for _ in 0..<15 { _ = lane.take() }
        lane.committed(upTo: nil)
        lane.close()
        #expect(lane.open() == 0)
        #expect(self.drain(lane).map(Self.number) == Array(15..<20))
    }

    @Test("a session that is lost while it catches up leaves the rest to the next as replay")
    func lostDuringReplay() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.open()
        _ = self.send(0..<50, to: lane)
        _ = self.drain(lane)
        lane.close()
        lane.open()
        for _ in 0..<10 { _ = lane.take() }
        lane.close()
        #expect(lane.open() == 50)
        let frames = self.drain(lane)
        #expect(frames.map(Self.number) == Array(0..<50))
        #expect(frames.allSatisfy { $0.isReplay })
    }

    @Test("closing twice, opening twice and committing nothing are harmless")
    func idempotent() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.close()
        lane.committed(upTo: .seconds(3))
        lane.open()
        lane.open()
        _ = self.send(0..<3, to: lane)
        #expect(self.drain(lane).count == 3)
        lane.close()
        lane.close()
        lane.committed(upTo: nil)
        lane.open()
        #expect(self.drain(lane).isEmpty)
    }

    @Test("an empty payload is not a frame, and one larger than the whole lane is counted as lost")
    func strangePayloads() {
        let lane = CallerAudioLane(format: .pcmu, limit: .milliseconds(100))
        #expect(lane.send(ByteBuffer(), readAt: .now) == .queued)
        lane.open()
        #expect(lane.take() == nil)
        #expect(lane.send(ByteBuffer(repeating: 65, count: 60_000), readAt: .now) == .displacedUnsent(count: 1))
        _ = lane.send(Self.frame(1), readAt: .now)
        #expect(self.drain(lane).map(Self.number) == [1])
    }

    @Test("a finished lane ends at once and takes nothing more")
    func finished() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.open()
        _ = self.send(0..<3, to: lane)
        lane.finish()
        #expect(lane.take() == nil)
        _ = self.send(3..<5, to: lane)
        #expect(lane.take() == nil)
    }

    @Test("the end tells how many frames no session has had, once; what an earlier one had does not count")
    func unsent() {
        let lane = CallerAudioLane(format: .pcmu, limit: .seconds(5))
        lane.open()
        _ = self.send(0..<3, to: lane)
        for _ in 0..<2 { #expect(lane.take() != nil) }
        lane.close()
        _ = self.send(3..<5, to: lane)
        #expect(lane.finish() == 3)
        #expect(lane.finish() == 0)
    }

    @Test(
        "through any sequence of operations each session gets every frame once, in order, from the first uncommitted one"
    )
    func model() {
        for seed in 1...150 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let limit = random.int(1...60)
            let lane = CallerAudioLane(format: .pcmu, limit: .milliseconds(20 * limit))
            var kept: [Int] = []
            var next = 0
            var unsent: Set<Int> = []
            var isOpen = false
            var session: [Int] = []
            var committed = -1
            for _ in 0..<200 {
                switch random.int(0...9) {
                case 0...3:
                    for _ in 0..<random.int(1...8) {
                        kept.append(next)
                        unsent.insert(next)
                        var lost = 0
                        if kept.count > limit, unsent.contains(kept.removeFirst()) { lost = 1 }
                        unsent.formIntersection(kept)
                        let outcome = lane.send(Self.frame(next), readAt: .now)
                        #expect(outcome == (lost == 0 ? .queued : .displacedUnsent(count: lost)), "seed \(seed)")
                        next += 1
                    }
                case 4...6:
                    guard isOpen else { continue }
                    for _ in 0..<random.int(1...12) {
                        guard let frame = lane.take() else { break }
                        let number = Self.number(frame)
                        #expect(number == (session.last.map { last in kept.first { $0 > last } } ?? kept.first))
                        session.append(number)
                        unsent.remove(number)
                    }
                case 7:
                    guard let count = (1...max(1, session.count)).randomElement(using: &random), !session.isEmpty else {
                        continue
                    }
                    committed = max(committed, session[count - 1])
                    lane.committed(upTo: .milliseconds(20 * count))
                    kept.removeAll { $0 <= committed }
                case 8:
                    lane.open()
                    isOpen = true
                    session = []
                    // The new session has had nothing yet.
                    unsent = Set(kept)
                default:
                    lane.close()
                    isOpen = false
                }
            }
        }
    }
}
