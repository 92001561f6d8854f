import Testing
import Wire

@testable import CallActors

/// A model session that is lost, and the one that follows it.
@Suite struct ConversationSessionTests {
    private func texts(_ items: [ModelHistoryItem]) -> [String] {
        items.map {
            switch $0 {
            case .message(_, let role, let text): "\(role.rawValue): \(text)"
            case .functionCall(_, let callID, let name, _): "call \(callID): \(name)"
            case .functionCallOutput(_, let callID, let output): "output \(callID): \(output)"
            }
        }
    }

    @Test("a new session is told the whole conversation once, in order, with its tool calls and their answers")
    func history() {
        var talk = Talk.greeted()
        talk.callerSays("May we?", item: "u1", after: "hello")
        talk.create("r1")
        talk.call("consult_reasoner", in: "r1")
        talk.done("r1")
        talk.tell(.consulted(callID: "call", advice: "yes"))
        talk.answer("r2", item: "a2", "You may.")
        #expect(talk.tell(.modelLost).isEmpty)
        let actions = talk.tell(.modelReady)
        #expect(
            self.texts(actions.items) == [
                "system: what was said before", "assistant: Hello, how can I help?", "user: May we?",
                "call call: consult_reasoner", #"output call: {"advice":"yes"}"#, "assistant: You may.",
            ]
        )
        #expect(actions.requests.isEmpty, "nothing is owed")
        // The model tells of these items: they are known.
        for item in actions.items {
            guard case .message(let id?, let role, _) = item else { continue }
            talk.model(.itemAdded(ModelItem(id: id, kind: .message(role: role)), previousItemID: nil))
        }
        #expect(talk.words == ["Hello, how can I help?", "May we?", "You may."])
        talk.tell(.modelLost)
        #expect(self.texts(talk.tell(.modelReady).items) == self.texts(actions.items))
    }

    @Test("names of replayed items are new in each session and short enough for the API")
    func names() {
        var talk = Talk.greeted()
        var seen: Set<String> = []
        for _ in 0..<20 {
            talk.tell(.modelLost)
            for case .message(let id?, _, _) in talk.tell(.modelReady).items {
                #expect(seen.insert(id).inserted)
                #expect(id.utf8.count <= 32)
            }
        }
        #expect(seen.count == 20)
    }

    @Test("items that a new session names as the old one did are other items")
    func reusedNames() {
        var talk = Talk.greeted()
        talk.tell(.modelLost)
        talk.tell(.modelReady)
        talk.callerSays("Hello again", item: "hello")
        #expect(talk.words == ["Hello, how can I help?", "Hello again"])
    }

    @Test("an answer is owed where the model was lost in it, before it, or while the caller's words were written down")
    func owed() {
        var during = Talk.greeted()
        during.create("r1")
        during.tell(.modelLost)
        #expect(during.tell(.modelReady).requests == [nil])
        var before = Talk.greeted()
        before.callerSays("When?", item: "u1", after: "hello")
        before.tell(.modelLost)
        #expect(before.tell(.modelReady).requests == [nil])
        var wordless = Talk.greeted()
        wordless.interrupt("u1")
        wordless.model(.speechStopped(itemID: "u1", audioEnd: .seconds(1)))
        wordless.model(.committed(itemID: "u1", previousItemID: "hello"))
        wordless.tell(.modelLost)
        #expect(wordless.tell(.modelReady).requests == [nil])
    }

    @Test("nothing is owed to a caller who is speaking: the new session hears them again and answers by itself")
    func speaking() {
        var talk = Talk.greeted()
        talk.callerSays("When?", item: "u1", after: "hello")
        talk.create("r1")
        talk.interrupt("u2")
        talk.tell(.modelLost)
        #expect(!talk.conversation.callerIsSpeaking)
        #expect(talk.tell(.modelReady).requests.isEmpty)
    }

    @Test("a response is owed once, also over two lost sessions")
    func owedOnce() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.tell(.modelLost)
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests == [nil])
        talk.answer("r2", item: "a2", "Here I am.")
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests.isEmpty)
    }

    @Test("what is asked for between two sessions is asked for when the next one is there")
    func between() {
        var talk = Talk.greeted()
        talk.tell(.modelLost)
        #expect(talk.tell(.dtmf(digit: "1")).commands.isEmpty)
        #expect(talk.tell(.timer(.keypad)).commands.isEmpty)
        let actions = talk.tell(.modelReady)
        #expect(actions.requests == [nil])
        #expect(self.texts(actions.items).last == "user: [keypad: 1]")
    }

    @Test("a consultation goes on while the session is replaced: its answer is told, and asks for the response")
    func consultation() {
        var talk = Talk.greeted()
        talk.callerSays("May we?", item: "u1", after: "hello")
        talk.create("r1")
        talk.call("consult_reasoner", in: "r1")
        talk.done("r1")
        talk.tell(.modelLost)
        let ready = talk.tell(.modelReady)
        #expect(self.texts(ready.items).last == "call call: consult_reasoner")
        #expect(ready.requests.isEmpty, "its answer is on its way")
        let answered = talk.tell(.consulted(callID: "call", advice: "yes"))
        #expect(answered.outputs.count == 1)
        #expect(answered.requests == [nil])
    }

    @Test("a consultation answered between two sessions is in the history of the next, which speaks")
    func answeredBetween() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.call("consult_reasoner", in: "r1")
        talk.done("r1")
        talk.tell(.modelLost)
        #expect(talk.tell(.consulted(callID: "call", advice: "yes")).commands.isEmpty)
        let ready = talk.tell(.modelReady)
        #expect(self.texts(ready.items).last == #"output call: {"advice":"yes"}"#)
        #expect(ready.requests == [nil])
    }

    @Test("the words of an answer that was lost with its session are kept as far as they had sound")
    func partialWords() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.model(.itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: "hello"))
        talk.model(.transcriptDelta(responseID: "r1", itemID: "a1", text: "We are open"))
        talk.tell(.audioBegan(responseID: "r1", itemID: "a1"))
        #expect(talk.tell(.modelLost) == [.turnChanged(itemID: "a1")])
        #expect(talk.words.last == "We are open")
        var silent = Talk.greeted()
        silent.create("r1")
        silent.model(.itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: "hello"))
        silent.model(.transcriptDelta(responseID: "r1", itemID: "a1", text: "We are open"))
        silent.tell(.modelLost)
        #expect(silent.words == ["Hello, how can I help?"])
    }

    @Test(
        "an answer of a lost session that is cut while it still plays is cut in the transcript, and not in the new session"
    )
    func cutOfOldItem() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("one two three four", in: "r1", item: "a1")
        talk.tell(.modelLost)
        talk.tell(.modelReady)
        let actions = talk.interrupt(
            "u1",
            cuts: [Talk.cut("a1", of: "r1", heard: 1000, received: 2000, isComplete: true)]
        )
        #expect(!actions.commands.contains { if case .truncate = $0 { true } else { false } })
        #expect(actions.contains(.turnChanged(itemID: "a1")))
        #expect(talk.words.last == "one two")
    }

    @Test("a hang-up that was announced in a lost response is not carried out")
    func announced() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.call("end_call", in: "r1")
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests == [nil])
        #expect(talk.done("r1").end == nil)
    }

    @Test("nothing speaks and nothing waits: a good moment to replace the session")
    func quiet() {
        var talk = Talk.greeted()
        #expect(talk.conversation.isQuiet)
        talk.interrupt("u1")
        #expect(!talk.conversation.isQuiet)
        talk.model(.speechStopped(itemID: "u1", audioEnd: .zero))
        talk.create("r1")
        #expect(!talk.conversation.isQuiet)
        talk.call("consult_reasoner", in: "r1")
        talk.done("r1")
        #expect(!talk.conversation.isQuiet)
        talk.tell(.consulted(callID: "call", advice: ""))
        #expect(!talk.conversation.isQuiet)
        talk.create("r2")
        talk.done("r2")
        #expect(talk.conversation.isQuiet)
    }
}
