import Foundation
import Testing

@testable import CallActors

@Suite struct CallPastTests {
    private let date = Date(timeIntervalSince1970: 1_800_000_000)

    private func past(_ events: [JournalEntry.Event]) -> CallPast {
        CallPast(journal: events.map { JournalEntry(at: self.date, event: $0) })
    }

    private func turn(_ id: String, _ order: Double, _ words: String) -> JournalEntry.Event {
        .turn(itemID: id, order: order, line: TranscriptLine(role: .user, content: words, at: self.date))
    }

    @Test("the newest entry of an item counts, removed ones are out, and turns stand by their order")
    func turns() {
        let past = self.past([
            self.turn("b", 2, "old"), self.turn("a", 1, "first"), self.turn("gone", 1.5, "never heard"),
            .turnRemoved(itemID: "gone"), self.turn("b", 2, "new"),
        ])
        #expect(past.turns.map(\.line.content) == ["first", "new"])
        #expect(!past.modelWasReady && !past.hadStream && past.end == nil)
    }

    @Test("an item that was removed and spoken of again is there")
    func removedAndBack() {
        #expect(self.past([.turnRemoved(itemID: "a"), self.turn("a", 1, "words")]).turns.count == 1)
    }

    @Test("the first end is the end")
    func end() {
        let past = self.past([
            .streamStarted(streamSID: "S", callSID: nil), .modelReady, .ended(.callerHangup, errorMessage: nil),
            .ended(.crashed, errorMessage: "late"),
        ])
        #expect(past.modelWasReady && past.hadStream)
        #expect(past.end?.reason == .callerHangup)
        #expect(past.end?.at == self.date)
    }
}
