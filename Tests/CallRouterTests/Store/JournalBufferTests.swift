import CallActors
import CallRouter
import Testing

@Suite struct JournalBufferTests {
    private let now = ContinuousClock.now

    @Test("entries of a call keep their order, and numbers never repeat")
    func keepsOrder() {
        var buffer = JournalBuffer(firstSequence: 41)
        for index in 0..<5 { buffer.append(Samples.turn("i", order: Double(index), "\(index)"), to: "a", at: self.now) }
        buffer.append(Samples.entry(.modelReady), to: "b", at: self.now)
        #expect(buffer.entries(of: "a").map(\.sequence) == [41, 42, 43, 44, 45])
        #expect(buffer.entries(of: "b").map(\.sequence) == [46])
        #expect(buffer.count == 6)
        #expect(buffer.firstSequence == 41)
        #expect(buffer.lastSequence == 46)
    }

    @Test("a batch takes the calls that wait longest, and no more than it may")
    func batches() {
        var buffer = JournalBuffer(firstSequence: 1)
        for callID in ["a", "b", "a", "c"] { buffer.append(Samples.entry(.modelReady), to: callID, at: self.now) }
        let batch = buffer.batch(limit: 3)
        #expect(batch.calls.map(\.callID) == ["a", "b"])
        #expect(batch.count == 3)
        #expect(buffer.count == 4, "a batch stays until it is on disk")
    }

    @Test("what is appended while a batch is written stays, behind the others")
    func appendsDuringCommit() {
        var buffer = JournalBuffer(firstSequence: 1)
        buffer.append(Samples.entry(.modelReady), to: "a", at: self.now)
        buffer.append(Samples.entry(.modelReady), to: "b", at: self.now)
        let batch = buffer.batch(limit: 1)
        buffer.append(Samples.entry(.dtmf(digit: "1")), to: "a", at: self.now)
        buffer.remove(batch)
        #expect(buffer.entries(of: "a").map(\.sequence) == [3])
        #expect(buffer.batch(limit: 10).calls.map(\.callID) == ["b", "a"])
        buffer.remove(buffer.batch(limit: 10))
        #expect(buffer.count == 0)
        #expect(buffer.batch(limit: 10).isEmpty)
        #expect(buffer.firstSequence == nil)
        #expect(buffer.lastSequence == nil)
    }

    @Test("the age is that of the oldest entry")
    func age() {
        var buffer = JournalBuffer(firstSequence: 1)
        #expect(buffer.oldestAge(at: self.now) == .zero)
        buffer.append(Samples.entry(.modelReady), to: "a", at: self.now)
        buffer.append(Samples.entry(.modelReady), to: "b", at: self.now.advanced(by: .seconds(2)))
        #expect(buffer.oldestAge(at: self.now.advanced(by: .seconds(5))) == .seconds(5))
        buffer.remove(buffer.batch(limit: 1))
        #expect(buffer.oldestAge(at: self.now.advanced(by: .seconds(5))) == .seconds(3))
    }

    @Test("past its soft bound superseded entries give way, and the fold stays the same")
    func coalesces() {
        for seed in UInt64(0)..<50 {
            var random = SeededGenerator(seed: seed)
            var buffer = JournalBuffer(softLimit: 40, firstSequence: 1)
            var everything: [String: [JournalEntry]] = [:]
            // At most 4 calls of 6 items each: what may not give way stays below the hard bound.
            for index in 0..<400 {
                var entry = Samples.randomEntry(index, using: &random)
                if case .dtmf = entry.event { entry = Samples.entry(.usage(Samples.usage(index))) }
                if case .modelReady = entry.event { entry = Samples.turn("item0", order: Double(index), "x\(index)") }
                if case .ended = entry.event { entry = Samples.entry(.turnRemoved(itemID: "item1")) }
                let callID = "call\(index % 4)"
                everything[callID, default: []].append(entry)
                buffer.append(entry, to: callID, at: self.now)
            }
            #expect(buffer.lostCount == 0, "seed \(seed)")
            #expect(buffer.count < 100, "seed \(seed)")
            for (callID, entries) in everything {
                let kept = buffer.entries(of: callID)
                #expect(kept.map(\.sequence) == kept.map(\.sequence).sorted())
                let (fold, whole) = (JournalFold(kept.map(\.entry)), JournalFold(entries))
                #expect(fold.transcript == whole.transcript, "seed \(seed)")
                #expect(fold.usage == whole.usage, "seed \(seed)")
            }
        }
    }

    @Test("at the hard bound the longest-waiting calls keep their ends, and what is lost is counted")
    func sheds() {
        var buffer = JournalBuffer(softLimit: 10, firstSequence: 1)
        buffer.append(Samples.entry(.ended(.callerHangup, errorMessage: nil)), to: "oldest", at: self.now)
        for index in 0..<19 { buffer.append(Samples.turn("i\(index)", order: 1, "line"), to: "oldest", at: self.now) }
        #expect(buffer.count == 20)
        buffer.append(Samples.entry(.modelReady), to: "new", at: self.now)
        #expect(buffer.entries(of: "oldest").map(\.entry.event) == [.ended(.callerHangup, errorMessage: nil)])
        #expect(buffer.entries(of: "new").count == 1)
        #expect(buffer.lostCount == 19)
    }

    @Test("no flood of any kind outgrows the hard bound, and the count stays true")
    func bounded() {
        for seed in UInt64(0)..<30 {
            var random = SeededGenerator(seed: seed)
            var buffer = JournalBuffer(softLimit: 50, firstSequence: 1)
            var batch: JournalBuffer.Batch?
            for index in 0..<3_000 {
                let callID = "call\(Int.random(in: 0..<(seed.isMultiple(of: 2) ? 5 : 5_000), using: &random))"
                buffer.append(Samples.randomEntry(index, using: &random), to: callID, at: self.now)
                #expect(buffer.count <= 100)
                switch Int.random(in: 0..<100, using: &random) {
                case 0: batch = buffer.batch(limit: 30)
                case 1:
                    if let written = batch { buffer.remove(written) }
                    batch = nil
                default: break
                }
            }
            let all = buffer.batch(limit: .max)
            #expect(all.count == buffer.count, "seed \(seed)")
            #expect(Set(all.calls.map(\.callID)).count == all.calls.count, "a call waits once")
        }
    }
}
