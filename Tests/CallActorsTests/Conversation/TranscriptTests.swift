import Foundation
import Testing
import Wire

@testable import CallActors

@Suite struct TranscriptTests {
    private let date = Date(timeIntervalSince1970: 1_800_000_000)

    private func transcript(_ items: [(String, TranscriptLine.Role, String)]) -> Transcript {
        var transcript = Transcript()
        for (id, role, words) in items {
            transcript.place(id, .turn(role), after: nil, at: self.date)
            transcript.setText(words, of: id)
        }
        return transcript
    }

    private func words(_ transcript: Transcript) -> [String] { transcript.lines.map(\.content) }

    @Test("a caller's words that are transcribed after the answer has begun stand before it")
    func lateTranscription() {
        var transcript = self.transcript([("hello", .assistant, "Hello")])
        transcript.place("question", .turn(.user), after: nil, at: self.date)
        transcript.place("question", .turn(.user), after: "hello", at: self.date)
        transcript.place("answer", .turn(.assistant), after: "question", at: self.date)
        transcript.setText("Three.", of: "answer")
        transcript.setText("How many?", of: "question")
        #expect(self.words(transcript) == ["Hello", "How many?", "Three."])
        let orders = ["hello", "question", "answer"].compactMap { transcript.order(of: $0) }
        #expect(orders == orders.sorted() && orders.count == 3)
    }

    @Test("a turn that was announced early moves behind what the model says is before it")
    func movesForward() {
        var transcript = self.transcript([("a", .assistant, "A")])
        transcript.place("caller", .turn(.user), after: nil, at: self.date)
        transcript.setText("C", of: "caller")
        transcript.place("b", .turn(.assistant), after: "a", at: self.date)
        transcript.setText("B", of: "b")
        #expect(self.words(transcript) == ["A", "B", "C"])
        transcript.place("d", .turn(.assistant), after: nil, at: self.date)
        transcript.setText("D", of: "d")
        #expect(transcript.place("caller", .turn(.user), after: "d", at: self.date) == true)
        #expect(self.words(transcript) == ["A", "B", "D", "C"])
    }

    @Test("a turn that came at the end moves to its place once that is told, and then stays")
    func movesBack() {
        var transcript = self.transcript([("a", .assistant, "A"), ("b", .assistant, "B"), ("c", .user, "C")])
        #expect(transcript.place("c", .turn(.user), after: "a", at: self.date) == true)
        #expect(self.words(transcript) == ["A", "C", "B"])
        #expect(transcript.place("c", .turn(.user), after: "b", at: self.date) == false, "a place is told once")
        #expect(self.words(transcript) == ["A", "C", "B"])
    }

    @Test("items announced in any order end up in the order of their graph")
    func anyOrder() {
        for seed in 1...300 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            var transcript = Transcript()
            let count = random.int(2...12)
            // Announced in the model's order but first without a place, as `speech_started` does; then placed.
            for number in 0..<count {
                let previous = number > 0 ? "i\(number - 1)" : nil
                let isEarly = random.chance(50)
                transcript.place("i\(number)", .turn(.user), after: isEarly ? nil : previous, at: self.date)
                transcript.setText("\(number)", of: "i\(number)")
            }
            for number in (0..<count).shuffled(using: &random) {
                let previous = number > 0 ? "i\(number - 1)" : nil
                transcript.place("i\(number)", .turn(.user), after: previous, at: self.date)
            }
            #expect(self.words(transcript) == (0..<count).map(String.init), "seed \(seed)")
        }
    }

    @Test("an interrupted answer ends with the last whole word that fits into what was heard")
    func interruption() {
        var transcript = self.transcript([("a", .assistant, "one two three four")])
        transcript.interrupt("a", heard: .milliseconds(500), received: .seconds(1))
        #expect(transcript.line(of: "a")?.content == "one two")
        #expect(transcript.line(of: "a")?.interrupted == true)
        transcript.setText("one two three four five six seven", of: "a")
        #expect(transcript.line(of: "a")?.content == "one two three")
    }

    @Test(
        "the heard share of a text is cut at words",
        arguments: [
            ("", 0.5, ""), ("word", 0.5, ""), ("word", 1, "word"), ("one two", 0.0, ""), ("one two", 3.0 / 7, "one"),
            ("one two", 0.99, "one"), ("één twee", 0.6, "één"), ("👩‍👩‍👧 hi", 0.4, "👩‍👩‍👧"), ("one two", -1.0, ""),
        ]
    )
    func share(text: String, share: Double, expected: String) {
        #expect(Transcript.prefix(of: text, share: share) == expected)
    }

    @Test("an answer that was never heard is left out, whatever is written of it later")
    func neverHeard() {
        var transcript = self.transcript([("a", .assistant, "Hello"), ("b", .assistant, "Never")])
        transcript.interrupt("b", heard: .zero, received: .seconds(2))
        transcript.setText("Never ever", of: "b")
        #expect(self.words(transcript) == ["Hello"])
        #expect(transcript.history.count == 1)
        #expect(transcript.lastSpeaker == .assistant)
    }

    @Test("a turn whose words are not known yet counts as the last turn, and is no line")
    func wordless() {
        var transcript = self.transcript([("a", .assistant, "Hello")])
        transcript.place("u", .turn(.user), after: "a", at: self.date)
        #expect(transcript.awaitsText)
        #expect(transcript.lastSpeaker == .user)
        #expect(transcript.lines.count == 1)
        transcript.setText("  \n ", of: "u")
        #expect(!transcript.awaitsText)
        #expect(transcript.lines.count == 1)
    }

    @Test("nobody is waited for once the transcription failed or its session is gone")
    func givesUpWaiting() {
        var transcript = Transcript()
        transcript.place("u", .turn(.user), after: nil, at: self.date)
        transcript.place("v", .turn(.user), after: nil, at: self.date)
        transcript.remove("u")
        #expect(transcript.awaitsText)
        transcript.giveUpWaiting()
        #expect(!transcript.awaitsText)
    }

    @Test("a name that a later session uses again is another turn, with another identifier")
    func sessions() {
        var transcript = self.transcript([("item_1", .assistant, "first session")])
        transcript.beginSession()
        transcript.alias("hist_1", for: "item_1")
        transcript.place("item_1", .turn(.user), after: "hist_1", at: self.date)
        transcript.setText("second session", of: "item_1")
        #expect(self.words(transcript) == ["first session", "second session"])
        #expect(transcript.entryID(of: "item_1") == "item_1~2")
        #expect(transcript.entryID(of: "hist_1") == "item_1")
        transcript.beginSession()
        transcript.place("item_1", .turn(.assistant), after: nil, at: self.date)
        transcript.setText("third session", of: "item_1")
        #expect(Set(transcript.turns.map(\.itemID)).count == 3)
        #expect(self.words(transcript).last == "third session")
    }

    @Test("an item of an earlier session can still be cut by its name")
    func olderItem() {
        var transcript = self.transcript([("a", .assistant, "one two three four")])
        transcript.beginSession()
        #expect(!transcript.isCurrent("a"))
        transcript.interrupt("a", heard: .milliseconds(500), received: .seconds(1))
        #expect(self.words(transcript) == ["one two"])
    }

    @Test("a transcript restored from its turns is the same, and goes on behind them")
    func restoring() {
        var transcript = self.transcript([("a", .assistant, "A"), ("b", .user, "B")])
        transcript.interrupt("a", heard: .seconds(1), received: .seconds(1))
        var restored = Transcript(restoring: transcript.turns.reversed())
        #expect(restored.lines == transcript.lines)
        restored.place("b", .turn(.user), after: nil, at: self.date)
        restored.setText("new", of: "b")
        #expect(self.words(restored) == ["A", "B", "new"])
        let orders = restored.turns.map(\.order)
        #expect(orders == orders.sorted())
        #expect(Set(restored.turns.map(\.itemID)).count == 3)
    }

    @Test("a history holds tool calls and their answers in their places, and no empty turns")
    func history() {
        var transcript = self.transcript([("a", .assistant, "A")])
        transcript.place("empty", .turn(.user), after: nil, at: self.date)
        transcript.place("call", .toolCall(callID: "c", name: "n", arguments: "{}"), after: nil, at: self.date)
        transcript.place("out", .toolResult(callID: "c", output: "o"), after: nil, at: self.date)
        #expect(transcript.history.map(\.entry.itemID) == ["a", "call", "out"])
        #expect(transcript.holdsCall("call", callID: "c"))
        #expect(!transcript.holdsCall("call", callID: "d"))
        transcript.beginSession()
        #expect(!transcript.holdsCall("call", callID: "c"), "another session's call of this name is another call")
    }

    @Test("words of an item that nobody announced are ignored")
    func unknownItems() {
        var transcript = Transcript()
        transcript.setText("x", of: "nobody")
        transcript.appendText("x", to: "nobody")
        transcript.interrupt("nobody", heard: .seconds(1), received: .seconds(2))
        transcript.remove("nobody")
        #expect(!transcript.hasWords)
        #expect(transcript.line(of: "nobody") == nil && transcript.order(of: "nobody") == nil)
    }
}
