import CallActors
import CallRouter
import Foundation
import Testing

@Suite struct JournalFoldTests {
    @Test("turns are sorted by their order, whatever order they were journalled in")
    func sortsByOrder() {
        let fold = JournalFold([
            Samples.turn("b", order: 2, "second"), Samples.turn("c", order: 3, "third"),
            Samples.turn("a", order: 1.5, "first"),
        ])
        #expect(fold.transcript.map(\.content) == ["first", "second", "third"])
    }

    @Test("turns of equal order stand as they appeared, also when one is written again")
    func settlesTies() {
        let fold = JournalFold([
            Samples.turn("x", order: 1, "early"), Samples.turn("y", order: 1, "late"),
            Samples.turn("x", order: 1, "early, corrected"),
        ])
        #expect(fold.transcript.map(\.content) == ["early, corrected", "late"])
    }

    @Test("the newest entry of an item counts, and may move it")
    func newestCounts() {
        let fold = JournalFold([
            Samples.turn("a", order: 1, "hel"), Samples.turn("b", order: 2, "hi"), Samples.turn("a", order: 3, "hello"),
        ])
        #expect(fold.transcript.map(\.content) == ["hi", "hello"])
    }

    @Test("an item that was never heard is gone, until it is heard after all")
    func removes() {
        var fold = JournalFold([
            Samples.turn("a", order: 1, "one"), Samples.entry(.turnRemoved(itemID: "a")),
            Samples.entry(.turnRemoved(itemID: "never there")),
        ])
        #expect(fold.transcript.isEmpty)
        fold.add(Samples.turn("a", order: 1, "again"))
        #expect(fold.transcript.map(\.content) == ["again"])
    }

    @Test("the newest usage is the total, and the first end is the end")
    func usageAndEnd() {
        let fold = JournalFold([
            Samples.entry(.usage(Samples.usage(10))), Samples.entry(.modelReady),
            Samples.entry(.usage(Samples.usage(25))),
            Samples.entry(.ended(.stale, errorMessage: "why"), at: 4),
            Samples.entry(.ended(.crashed, errorMessage: nil), at: 9),
        ])
        #expect(fold.usage == Samples.usage(25))
        #expect(fold.modelWasReady)
        #expect(fold.end?.reason == .stale)
        #expect(fold.end?.errorMessage == "why")
        #expect(fold.end?.at == Samples.start.addingTimeInterval(4))
    }

    @Test("an empty journal changes nothing of a record")
    func emptyJournal() {
        var call = Samples.fullCall("c")
        call.transcript = [Samples.line(.user, "kept")]
        #expect(JournalFold().applied(to: call) == call)
    }

    @Test("a live call shows its journal, a call that is over its record")
    func appliesToLiveCalls() {
        let fold = JournalFold([
            Samples.turn("a", order: 1, "journal"), Samples.entry(.usage(Samples.usage(7))),
            Samples.entry(.ended(.callerHangup, errorMessage: nil), at: 3),
        ])
        let live = fold.applied(to: Samples.call("c"))
        #expect(live.transcript.map(\.content) == ["journal"])
        #expect(live.usage.modelInputTokens == 7)
        #expect(live.endReason == .callerHangup)
        #expect(live.endedAt == Samples.start.addingTimeInterval(3))
        #expect(live.status == .inProgress, "only the registry ends a call")
        var over = Samples.call("c", status: .completed)
        over.transcript = [Samples.line(.user, "record")]
        #expect(fold.applied(to: over) == over)
    }

    @Test("folding entry by entry equals folding them all, for any journal")
    func incremental() {
        for seed in UInt64(0)..<200 {
            var random = SeededGenerator(seed: seed)
            let entries = (0..<60).map { Samples.randomEntry($0, using: &random) }
            var fold = JournalFold()
            var expected: [String: (order: Double, content: String)] = [:]
            for entry in entries {
                fold.add(entry)
                switch entry.event {
                case .turn(let itemID, let order, let line): expected[itemID] = (order, line.content)
                case .turnRemoved(let itemID): expected[itemID] = nil
                default: break
                }
            }
            #expect(fold == JournalFold(entries), "seed \(seed)")
            let lines = expected.values.sorted { $0.order < $1.order }.map(\.content)
            #expect(fold.transcript.map(\.content) == lines, "seed \(seed)")
        }
    }
}
