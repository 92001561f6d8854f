import Testing
import Wire

@testable import CallActors

@Suite struct ConversationToolTests {
    private let question = #"{"situation":"They ask.","question":"May we?"}"#

    /// A response that consults and is complete.
    private func consulting() -> Talk {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.call("consult_reasoner", self.question, in: "r1")
        talk.done("r1")
        return talk
    }

    @Test("a consultation is asked beside the call, and its answer goes to the model, which then speaks")
    func consult() {
        var talk = Talk.greeted()
        talk.create("r1")
        let asked = talk.call("consult_reasoner", self.question, in: "r1")
        #expect(asked.contains(.consult(callID: "call", situation: "They ask.", question: "May we?")))
        #expect(asked.contains(.start(.filler(callID: "call"), after: .milliseconds(700))))
        talk.done("r1")
        let answered = talk.tell(.consulted(callID: "call", advice: #"Say "yes"."#))
        #expect(answered.outputs == ["call": #"{"advice":"Say \"yes\"."}"#])
        #expect(answered.requests == [nil])
        #expect(answered.contains(.stop(.filler(callID: "call"))))
        #expect(talk.tell(.consulted(callID: "call", advice: "again")).isEmpty)
    }

    @Test("an answer that comes before its response is done waits with its request, not with its output")
    func fastAnswer() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.call("consult_reasoner", self.question, in: "r1")
        let answered = talk.tell(.consulted(callID: "call", advice: "yes"))
        #expect(answered.outputs.count == 1)
        #expect(answered.requests.isEmpty)
        #expect(talk.done("r1").requests == [nil])
    }

    @Test(
        "broken arguments ask an empty question instead of failing",
        arguments: ["", "{", "[1]", "null", #"{"question":{"a":1}}"#]
    )
    func brokenArguments(arguments: String) {
        var talk = Talk.greeted()
        talk.create("r1")
        let asked = talk.call("consult_reasoner", arguments, in: "r1")
        #expect(asked.contains(.consult(callID: "call", situation: "", question: "")))
    }

    @Test("a long consultation is bridged by one line, in silence only")
    func filler() {
        var talk = self.consulting()
        #expect(talk.tell(.timer(.filler(callID: "call"))).requests == ["filler"])
        talk.create("f")
        #expect(talk.tell(.timer(.filler(callID: "call"))).isEmpty, "once is enough")
    }

    @Test("nothing is bridged while somebody speaks, something plays, or no session is open; it is looked at again")
    func fillerWaits() {
        let again = Conversation.Action.start(.filler(callID: "call"), after: .milliseconds(300))
        var playing = self.consulting()
        playing.isSilent = false
        #expect(playing.tell(.timer(.filler(callID: "call"))) == [again])
        var active = Talk.greeted()
        active.create("r1")
        active.call("consult_reasoner", self.question, in: "r1")
        #expect(active.tell(.timer(.filler(callID: "call"))) == [again])
        var lost = self.consulting()
        lost.tell(.modelLost)
        #expect(lost.tell(.timer(.filler(callID: "call"))) == [again])
        #expect(lost.tell(.timer(.filler(callID: "unknown"))).isEmpty)
    }

    @Test("an answer that comes while the bridging line is still waiting replaces it")
    func fillerDropped() {
        var talk = self.consulting()
        talk.tell(.timer(.filler(callID: "call")))
        talk.create("f")
        #expect(talk.tell(.consulted(callID: "call", advice: "yes")).requests.isEmpty)
        #expect(talk.done("f").requests == [nil])
    }

    @Test("a caller who speaks withdraws the consultation: the model gets an answer and is not asked to speak")
    func withdrawn() {
        var talk = self.consulting()
        let actions = talk.interrupt("u1")
        #expect(actions.contains(.withdraw(callID: "call")))
        #expect(actions.contains(.stop(.filler(callID: "call"))))
        #expect(actions.outputs == ["call": "consultation withdrawn"])
        #expect(actions.requests.isEmpty)
        #expect(talk.tell(.consulted(callID: "call", advice: "late")).isEmpty)
    }

    @Test("calls of a response that was cancelled, cut short or done are answered and not run")
    func cancelled() {
        for status in [ModelResponseResult.Status.cancelled, .incomplete, .failed] {
            var talk = Talk.greeted()
            talk.create("r1")
            talk.call("consult_reasoner", self.question, in: "r1")
            let actions = talk.done("r1", status)
            #expect(actions.contains(.withdraw(callID: "call")))
            #expect(actions.outputs == ["call": "consultation withdrawn"])
            #expect(actions.requests.isEmpty)
        }
        var interrupted = Talk.greeted()
        interrupted.create("r1")
        interrupted.interrupt("u1")
        let late = interrupted.call("consult_reasoner", self.question, in: "r1")
        #expect(late.outputs == ["call": "consultation withdrawn"])
        #expect(!late.contains { if case .consult = $0 { true } else { false } })
        var done = Talk.greeted()
        done.create("r1")
        done.done("r1")
        #expect(done.call("end_call", in: "r1").outputs.count == 1)
        #expect(done.conversation.phase == .talking)
    }

    @Test("a call that is told twice is run once")
    func twice() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.call("consult_reasoner", self.question, in: "r1")
        #expect(talk.call("consult_reasoner", self.question, in: "r1").isEmpty)
        talk.done("r1")
        talk.tell(.consulted(callID: "call", advice: "yes"))
        #expect(talk.call("consult_reasoner", self.question, in: "r1").isEmpty)
    }

    @Test("two consultations at once are answered each for itself")
    func two() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.call("consult_reasoner", self.question, id: "a", in: "r1")
        talk.call("consult_reasoner", self.question, id: "b", in: "r1")
        talk.done("r1")
        #expect(talk.tell(.consulted(callID: "b", advice: "B")).outputs.keys.sorted() == ["b"])
        #expect(talk.tell(.consulted(callID: "a", advice: "A")).outputs.keys.sorted() == ["a"])
    }

    @Test("a tool that does not exist is answered with that, and the model goes on")
    func unknownTool() {
        var talk = Talk.greeted()
        talk.create("r1")
        let actions = talk.call("order_pizza", in: "r1")
        #expect(actions.outputs["call"]?.contains("no tool") == true)
        #expect(talk.done("r1").requests == [nil])
    }

    @Test("every call and every answer is in the journal")
    func journal() {
        var talk = Talk.greeted()
        talk.create("r1")
        let asked = talk.call("consult_reasoner", self.question, in: "r1")
        #expect(asked.contains(.note(.toolCall(callID: "call", name: "consult_reasoner", arguments: self.question))))
        let answered = talk.tell(.consulted(callID: "call", advice: "yes"))
        #expect(answered.contains(.note(.toolResult(callID: "call", output: #"{"advice":"yes"}"#))))
    }

    @Test("arguments are read as far as they are strings and numbers")
    func arguments() {
        let arguments = ToolArguments(#"{"a":"x","b":3,"c":[1],"d":null,"e":{"f":1}}"#)
        #expect(arguments["a"] == "x" && arguments["b"] == "3")
        #expect(arguments["c"] == nil && arguments["d"] == nil && arguments["e"] == nil && arguments["z"] == nil)
        #expect(ToolArguments.encode(["b": "/", "a": "\"\n"]) == #"{"a":"\"\n","b":"/"}"#)
    }
}
