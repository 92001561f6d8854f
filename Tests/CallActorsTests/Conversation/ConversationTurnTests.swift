import Foundation
import Testing
import Wire

@testable import CallActors

@Suite struct ConversationTurnTests {
    @Test("the model greets once, when its first session is ready")
    func greeting() {
        var talk = Talk()
        #expect(talk.tell(.modelReady).requests == ["greeting"])
        talk.answer("r", item: "i", "Hello")
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests.isEmpty)
        #expect(talk.words == ["Hello"])
    }

    @Test("a greeting that nobody heard is said again by the next session, one that began is not")
    func greetingLost() {
        var talk = Talk()
        talk.tell(.modelReady)
        talk.create("r")
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests == ["greeting"])
        talk.create("s")
        talk.tell(.audioBegan(responseID: "s", itemID: "i"))
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests == [nil], "the rest of the answer is owed")
    }

    @Test("a call that goes on after a crash is not greeted again, and is answered where the caller spoke last")
    func restored() {
        let line = TranscriptLine(role: .assistant, content: "Hello", at: Date())
        var talk = Talk(transcript: Transcript(restoring: [("a", 1, line)]))
        #expect(talk.tell(.modelReady).requests.isEmpty)
        let question = TranscriptLine(role: .user, content: "How much?", at: Date())
        var asked = Talk(transcript: Transcript(restoring: [("a", 1, line), ("b", 2, question)]))
        let actions = asked.tell(.modelReady)
        #expect(actions.requests == [nil])
        #expect(actions.items.count == 3)
    }

    @Test("an answer that is cut is truncated at whole milliseconds, and its turn ends where it was heard")
    func bargeIn() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("one two three four", in: "r1", item: "a1")
        let cut = Playout.Cut(
            responseID: "r1",
            itemID: "a1",
            heard: .microseconds(1_000_875),
            received: .seconds(2),
            wasComplete: false
        )
        let actions = talk.interrupt("u1", cuts: [cut])
        #expect(actions.commands == [.truncate(itemID: "a1", audioEnd: .milliseconds(1000))])
        #expect(actions.contains(.turnChanged(itemID: "a1")))
        #expect(talk.words.last == "one two")
        #expect(talk.conversation.transcript.lines.last?.interrupted == true)
        #expect(talk.conversation.isMuted(responseID: "r1"))
    }

    @Test("heard is never more than received, whatever the clock says")
    func clamped() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("words", in: "r1", item: "a1")
        let actions = talk.interrupt("u1", cuts: [Talk.cut("a1", of: "r1", heard: 5000, received: 300)])
        #expect(actions.commands == [.truncate(itemID: "a1", audioEnd: .milliseconds(300))])
    }

    @Test("an answer of which nothing was heard is deleted, here and in the model's memory", arguments: [0, 900])
    func nothingHeard(microseconds: Int) {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("words", in: "r1", item: "a1")
        let cut = Playout.Cut(
            responseID: "r1",
            itemID: "a1",
            heard: .microseconds(microseconds),
            received: .seconds(2),
            wasComplete: true
        )
        let actions = talk.interrupt("u1", cuts: [cut])
        #expect(actions.commands == [.deleteItem(itemID: "a1")])
        #expect(actions.contains(.turnRemoved(itemID: "a1")))
        #expect(talk.words == ["Hello, how can I help?"])
    }

    @Test("a caller who speaks into silence cuts nothing")
    func nothingPlayed() {
        var talk = Talk.greeted()
        #expect(talk.interrupt("u1").commands.isEmpty)
        #expect(talk.conversation.callerIsSpeaking)
    }

    @Test("words that had no sound when the caller spoke were not heard: their item goes")
    func wordsWithoutSound() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.model(.itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: "hello"))
        talk.model(.transcriptDelta(responseID: "r1", itemID: "a1", text: "Let me"))
        let actions = talk.interrupt("u1")
        #expect(actions.commands == [.deleteItem(itemID: "a1")])
        #expect(actions.contains(.turnRemoved(itemID: "a1")))
        // They go on coming for a moment.
        talk.model(.transcriptDelta(responseID: "r1", itemID: "a1", text: " see"))
        #expect(talk.model(.transcriptDone(responseID: "r1", itemID: "a1", text: "Let me see")).isEmpty)
        talk.done("r1", .cancelled)
        #expect(talk.words == ["Hello, how can I help?"])
    }

    @Test("late words of an answer that was cut stay cut at what was heard")
    func lateWords() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.model(.itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: "hello"))
        talk.model(.transcriptDelta(responseID: "r1", itemID: "a1", text: "one two three "))
        talk.tell(.audioBegan(responseID: "r1", itemID: "a1"))
        talk.interrupt("u1", cuts: [Talk.cut("a1", of: "r1", heard: 1000, received: 2000)])
        let actions = talk.model(.transcriptDone(responseID: "r1", itemID: "a1", text: "one two three four"))
        #expect(actions == [.turnChanged(itemID: "a1")])
        #expect(talk.words.last == "one two")
    }

    @Test("an earlier part of an answer that was heard stays when the next part is dropped")
    func twoItems() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("Preamble.", in: "r1", item: "a1")
        talk.model(.itemAdded(ModelItem(id: "a2", kind: .message(role: .assistant)), previousItemID: "a1"))
        talk.model(.transcriptDelta(responseID: "r1", itemID: "a2", text: "The rest"))
        #expect(talk.interrupt("u1").commands == [.deleteItem(itemID: "a2")])
        #expect(talk.words == ["Hello, how can I help?", "Preamble."])
    }

    @Test("responses are queued while one is active, and never refused")
    func queued() {
        var talk = Talk.greeted()
        talk.create("r1")
        #expect(talk.tell(.dtmf(digit: "5")).requests.isEmpty)
        #expect(talk.tell(.timer(.keypad)).requests.isEmpty)
        #expect(talk.done("r1").requests == [nil])
    }

    @Test("a request that the model's own turn detection overtook is sent again at that one's end")
    func overtaken() {
        var talk = Talk.greeted()
        talk.tell(.dtmf(digit: "5"))
        #expect(talk.tell(.timer(.keypad)).requests == [nil])
        talk.create("own")
        let busy = ModelErrorInfo(type: nil, code: "conversation_already_has_active_response", message: "")
        #expect(talk.model(.error(busy)).isEmpty)
        #expect(talk.done("own").requests == [nil])
        talk.create("ours")
        #expect(talk.done("ours").requests.isEmpty)
    }

    @Test("what waits is dropped when the caller speaks: the model answers the new turn")
    func dropped() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.tell(.dtmf(digit: "5"))
        talk.tell(.timer(.keypad))
        talk.interrupt("u1")
        #expect(talk.done("r1", .cancelled).requests.isEmpty)
    }

    @Test("a response asked for before the caller began to speak is cancelled when it begins after")
    func stale() {
        var talk = Talk.greeted()
        talk.tell(.dtmf(digit: "5"))
        talk.tell(.timer(.keypad))
        talk.interrupt("u1")
        #expect(talk.create("late").commands == [.cancelResponse(id: "late")])
        #expect(talk.conversation.isMuted(responseID: "late"))
    }

    @Test("keys reach the model as text, and it answers once, after the last of them")
    func keypad() {
        var talk = Talk.greeted()
        for digit in ["1", "#"] {
            let actions = talk.tell(.dtmf(digit: digit))
            guard case .message(_, .user, let text)? = actions.items.first else {
                Issue.record("no item")
                continue
            }
            #expect(text == "[keypad: \(digit)]")
            #expect(actions.contains(.note(.dtmf(digit: digit))))
            #expect(actions.contains(.start(.keypad, after: .milliseconds(1200))))
            #expect(actions.requests.isEmpty)
        }
        #expect(talk.tell(.timer(.keypad)).requests == [nil])
        #expect(talk.words.suffix(2) == ["[keypad: 1]", "[keypad: #]"])
    }

    @Test("a caller who speaks after a key is answered for both by the model itself")
    func keypadThenSpeech() {
        var talk = Talk.greeted()
        talk.tell(.dtmf(digit: "1"))
        #expect(talk.interrupt("u1").contains(.stop(.keypad)))
        #expect(talk.tell(.timer(.keypad)).isEmpty)
    }

    @Test("keys pressed before the model is there are part of what it is told")
    func earlyKeys() {
        var talk = Talk()
        #expect(talk.tell(.dtmf(digit: "7")).commands.isEmpty)
        talk.tell(.timer(.keypad))
        let actions = talk.tell(.modelReady)
        #expect(actions.items.count == 2)
        #expect(actions.requests == ["greeting"])
        talk.answer("r1", item: "a1", "Hello, you pressed seven.")
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests.isEmpty, "the keys have been answered")
    }

    @Test("the caller's words stand before the answer to them, also when they are transcribed after it")
    func order() {
        var talk = Talk.greeted()
        talk.interrupt("u1")
        talk.model(.speechStopped(itemID: "u1", audioEnd: .seconds(1)))
        talk.model(.committed(itemID: "u1", previousItemID: "hello"))
        talk.create("r1")
        talk.say("We open at nine.", in: "r1", item: "a1", after: "u1")
        #expect(talk.model(.callerTranscript(itemID: "u1", text: "When?", usage: nil)) == [.turnChanged(itemID: "u1")])
        #expect(talk.words == ["Hello, how can I help?", "When?", "We open at nine."])
    }

    @Test("a moved turn is kept again, since its order is another one")
    func moved() {
        var talk = Talk.greeted()
        talk.model(.callerTranscript(itemID: "u1", text: "When?", usage: nil))
        talk.answer("r1", item: "a1", "At nine.")
        #expect(talk.model(.committed(itemID: "u1", previousItemID: "a1")) == [.turnChanged(itemID: "u1")])
        #expect(talk.words.suffix(2) == ["At nine.", "When?"])
    }

    @Test("usage of responses and transcriptions is counted once each")
    func usage() {
        var usage = ModelUsage()
        usage.inputTokens = 7
        var talk = Talk.greeted()
        talk.create("r1")
        #expect(talk.done("r1", usage: usage).contains(.used(usage)))
        #expect(talk.done("r1", usage: usage).isEmpty, "told twice")
        #expect(talk.model(.callerTranscript(itemID: "u", text: "x", usage: usage)).contains(.transcribed(usage)))
    }

    @Test("what the model says twice, late, or in another order than documented changes nothing")
    func strangeEvents() {
        var talk = Talk.greeted()
        #expect(talk.done("unknown").isEmpty)
        #expect(talk.create("unknown").isEmpty, "its end was told before its beginning")
        #expect(talk.conversation.slot.isIdle)
        talk.model(.committed(itemID: "hello", previousItemID: nil))
        talk.model(.itemAdded(ModelItem(id: "hello", kind: .message(role: .assistant)), previousItemID: "hello"))
        for event in [
            ModelEvent.ignored(type: "rate_limits.updated"), .truncated(itemID: "x", audioEnd: .seconds(1)),
            .deleted(itemID: "x"), .idleTimeout(itemID: "x"), .textDone(responseID: "x", text: "x"),
            .callerTranscriptFailed(itemID: "x", code: nil, message: ""),
        ] { #expect(talk.model(event).isEmpty) }
        #expect(talk.words == ["Hello, how can I help?"])
        #expect(talk.conversation.isQuiet)
    }

    @Test("the end of a call cuts the answer of which much was still to be heard, and only that one")
    func close() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("one two three four", in: "r1", item: "a1")
        let nearlyHeard = Talk.cut("hello", of: "greet", heard: 1500, received: 2000, isComplete: true)
        let cut = Talk.cut("a1", of: "r1", heard: 1000, received: 2001)
        #expect(talk.conversation.close(cuts: [nearlyHeard, cut]) == ["a1"])
        #expect(talk.words == ["Hello, how can I help?", "one two"])
        #expect(talk.tell(.dtmf(digit: "1")).isEmpty)
    }
}
