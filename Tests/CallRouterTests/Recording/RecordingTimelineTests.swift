import NIOCore
import Testing
import Wire

@testable import CallRouter

@Suite struct RecordingTimelineTests {
    private static let rate = 8000
    private static let limit = 8000 * 3600

    private static func timeline(limit: Int = limit) -> RecordingTimeline {
        RecordingTimeline(format: .pcmu, frameLimit: limit)
    }

    private static func tone(_ value: Int16, milliseconds: Int) -> [Int16] {
        [Int16](repeating: value, count: milliseconds * 8)
    }

    /// Both sides of everything that a timeline gave out, with silence between the blocks.
    private static func sides(of blocks: [RecordingTimeline.Block]) -> (caller: [Int16], assistant: [Int16]) {
        var caller: [Int16] = []
        var assistant: [Int16] = []
        for block in blocks {
            #expect(block.frame >= caller.count, "blocks come in order and do not overlap")
            caller += [Int16](repeating: 0, count: block.frame - caller.count)
            assistant += [Int16](repeating: 0, count: block.frame - assistant.count)
            let samples = AudioFormat.l16(rate: rate).samples(of: ByteBuffer(bytes: block.bytes))
            for index in stride(from: 0, to: samples.count, by: 2) {
                caller.append(samples[index])
                assistant.append(samples[index + 1])
            }
        }
        return (caller, assistant)
    }

    @Test("both sides lie side by side at their offsets")
    func offsets() {
        var timeline = Self.timeline()
        timeline.addCaller(Self.tone(1, milliseconds: 500), at: .zero)
        timeline.addAssistant(Self.tone(2, milliseconds: 100), at: .milliseconds(300))
        let sides = Self.sides(of: timeline.takeAll())
        #expect(sides.caller == Self.tone(1, milliseconds: 500))
        let expected =
            Self.tone(0, milliseconds: 300) + Self.tone(2, milliseconds: 100) + Self.tone(0, milliseconds: 100)
        #expect(sides.assistant == expected)
    }

    @Test("the network's jitter leaves no holes in the caller's audio")
    func jitter() {
        var random = RecordingTestSupport.Random(seed: 8)
        var timeline = Self.timeline()
        var blocks: [RecordingTimeline.Block] = []
        for frame in 0..<500 {
            let lateness = Int.random(in: 0...80, using: &random)
            let samples = [Int16](repeating: Int16(frame + 1), count: 160)
            timeline.addCaller(samples, at: .milliseconds(frame * 20 + lateness))
            blocks += timeline.takeReady()
        }
        blocks += timeline.takeAll()
        let expected = (1...500).flatMap { [Int16](repeating: Int16($0), count: 160) }
        #expect(Self.sides(of: blocks).caller == expected)
    }

    @Test("silence of the caller is kept as long as it was")
    func gap() {
        var timeline = Self.timeline()
        timeline.addCaller(Self.tone(1, milliseconds: 20), at: .zero)
        timeline.addCaller(Self.tone(2, milliseconds: 20), at: .milliseconds(1000))
        timeline.addCaller(Self.tone(3, milliseconds: 20), at: .milliseconds(1021))
        let expected =
            Self.tone(1, milliseconds: 20) + Self.tone(0, milliseconds: 980) + Self.tone(2, milliseconds: 20)
            + Self.tone(3, milliseconds: 20)
        #expect(Self.sides(of: timeline.takeAll()).caller == expected)
    }

    @Test("audio that a stalled network delivers all at once goes where it belongs", arguments: [120, 500, 1500, 2500])
    func burst(stall: Int) {
        var timeline = Self.timeline()
        let count = 250
        let stalledFrames = stall / 20
        for frame in 0..<count {
            // Frames 100 and on are held up until the stall is over.
            let arrival = (100..<100 + stalledFrames).contains(frame) ? 100 + stalledFrames : frame
            timeline.addCaller([Int16](repeating: Int16(frame + 1), count: 160), at: .milliseconds(arrival * 20))
        }
        let expected = (1...count).flatMap { [Int16](repeating: Int16($0), count: 160) }
        #expect(Self.sides(of: timeline.takeAll()).caller == expected)
    }

    @Test("a cut takes back what was announced, and what follows begins there")
    func cut() {
        var timeline = Self.timeline()
        timeline.addAssistant(Self.tone(5, milliseconds: 2000), at: .milliseconds(100))
        timeline.cutAssistant(at: .milliseconds(600))
        timeline.addAssistant(Self.tone(6, milliseconds: 100), at: .milliseconds(900))
        let expected =
            Self.tone(0, milliseconds: 100) + Self.tone(5, milliseconds: 500) + Self.tone(0, milliseconds: 300)
            + Self.tone(6, milliseconds: 100)
        #expect(Self.sides(of: timeline.takeAll()).assistant == expected)
    }

    @Test("a cut beyond what was announced, or before all of it, is harmless")
    func oddCuts() {
        var timeline = Self.timeline()
        timeline.cutAssistant(at: .seconds(5))
        timeline.addAssistant(Self.tone(5, milliseconds: 100), at: .milliseconds(100))
        timeline.cutAssistant(at: .seconds(1))
        #expect(timeline.heldFrameCount == 1600)
        timeline.cutAssistant(at: .milliseconds(-5))
        #expect(timeline.takeAll().isEmpty)
    }

    @Test("a cut is exact up to two seconds back while the caller speaks on")
    func cutInTheWindow() {
        var timeline = Self.timeline()
        var blocks: [RecordingTimeline.Block] = []
        for frame in 0..<400 {
            timeline.addCaller(Self.tone(1, milliseconds: 20), at: .milliseconds(frame * 20))
            // Announced two seconds before it is heard.
            timeline.addAssistant(Self.tone(2, milliseconds: 20), at: .milliseconds(frame * 20 + 2000))
            blocks += timeline.takeReady()
        }
        timeline.cutAssistant(at: .seconds(8))
        blocks += timeline.takeAll()
        let assistant = Self.sides(of: blocks).assistant
        #expect(assistant == Self.tone(0, milliseconds: 2000) + Self.tone(2, milliseconds: 6000))
    }

    @Test("offsets that were rounded leave no clicks between pieces of speech")
    func rounding() {
        var timeline = Self.timeline()
        for piece in 0..<50 {
            timeline.addAssistant(Self.tone(3, milliseconds: 20), at: .microseconds(piece * 20_000 + piece % 3 * 700))
        }
        #expect(Self.sides(of: timeline.takeAll()).assistant == Self.tone(3, milliseconds: 1000))
    }

    @Test("a piece longer than the window is kept whole")
    func longPiece() {
        var timeline = Self.timeline()
        timeline.addAssistant(Self.tone(4, milliseconds: 20_000), at: .seconds(1))
        timeline.addCaller(Self.tone(7, milliseconds: 20_000), at: .seconds(30))
        #expect(timeline.droppedFrameCount == 0)
        let sides = Self.sides(of: timeline.takeAll())
        let silence = Self.tone(0, milliseconds: 29_000)
        #expect(sides.assistant == Self.tone(0, milliseconds: 1000) + Self.tone(4, milliseconds: 20_000) + silence)
        #expect(sides.caller == Self.tone(0, milliseconds: 30_000) + Self.tone(7, milliseconds: 20_000))
    }

    @Test("what comes too late for its place is counted and changes nothing")
    func late() {
        var timeline = Self.timeline()
        timeline.addCaller(Self.tone(1, milliseconds: 20_000), at: .zero)
        timeline.addAssistant(Self.tone(2, milliseconds: 100), at: .seconds(1))
        #expect(timeline.droppedFrameCount == 800)
        #expect(Self.sides(of: timeline.takeAll()).assistant == Self.tone(0, milliseconds: 20_000))
    }

    @Test("a timeline ends at its limit")
    func limit() {
        var timeline = Self.timeline(limit: 10_000)
        timeline.addCaller(Self.tone(1, milliseconds: 1000), at: .zero)
        timeline.addCaller(Self.tone(2, milliseconds: 1000), at: .seconds(1))
        timeline.addAssistant(Self.tone(3, milliseconds: 1000), at: .seconds(500))
        timeline.addCaller(Self.tone(2, milliseconds: 1000), at: .seconds(900))
        let sides = Self.sides(of: timeline.takeAll())
        #expect(sides.caller == Self.tone(1, milliseconds: 1000) + Self.tone(2, milliseconds: 250))
        #expect(timeline.droppedFrameCount == 6000 + 8000 + 8000)
    }

    @Test("hours of silence cost no memory and nothing is written for them")
    func longSilence() {
        var timeline = Self.timeline(limit: .max)
        timeline.addCaller(Self.tone(1, milliseconds: 20), at: .zero)
        timeline.addCaller(Self.tone(1, milliseconds: 20), at: .seconds(100_000))
        timeline.addAssistant(Self.tone(1, milliseconds: 20), at: .seconds(200_000))
        #expect(timeline.takeAll().map(\.bytes.count).reduce(0, +) < 32_000 * 15)
    }

    @Test("whatever comes in whatever order, memory is bounded and what is given out is in order")
    func anything() {
        for seed in 0..<12 as Range<UInt64> {
            var random = RecordingTestSupport.Random(seed: seed)
            var timeline = Self.timeline(limit: 8000 * 60)
            var blocks: [RecordingTimeline.Block] = []
            var added = 0
            var now = 0
            for _ in 0..<400 {
                now += [0, 1, 20, 20, 20, 150, 4000].randomElement(using: &random) ?? 0
                let wild = Int.random(in: 0..<20, using: &random) == 0
                let time = wild ? Int.random(in: -10_000...1_000_000, using: &random) : now
                let samples = Self.tone(9, milliseconds: Int.random(in: 0...300, using: &random))
                switch Int.random(in: 0..<5, using: &random) {
                case 0...1:
                    timeline.addCaller(samples, at: .milliseconds(time))
                    added += samples.count
                case 2...3:
                    timeline.addAssistant(samples, at: .milliseconds(time + Int.random(in: 0...2000, using: &random)))
                    added += samples.count
                default: timeline.cutAssistant(at: .milliseconds(time))
                }
                #expect(timeline.heldFrameCount <= 8000 * 12)
                blocks += timeline.takeReady()
            }
            blocks += timeline.takeAll()
            let sides = Self.sides(of: blocks)
            #expect(sides.caller.count <= 8000 * 60)
            let written = (sides.caller + sides.assistant).count { $0 != 0 }
            #expect(written + timeline.droppedFrameCount <= added)
        }
    }
}
