import Foundation
import Testing
import Wire

@testable import CallActors

@Suite struct ConversationEndTests {
    /// The model says goodbye and hangs up in one response; `isSilent` tells whether it was heard already.
    private func hangingUp(reason: String = "done", isSilent: Bool = false) -> (Talk, [Conversation.Action]) {
        var talk = Talk.greeted()
        talk.callerSays("Thanks, bye.", item: "u1", after: "hello")
        talk.create("r1")
        talk.say("Goodbye!", in: "r1", item: "a1", after: "u1")
        talk.call("end_call", #"{"reason":"\#(reason)"}"#, in: "r1")
        talk.isSilent = isSilent
        let actions = talk.done("r1")
        return (talk, actions)
    }

    @Test("a call ends only once the goodbye was heard")
    func goodbyeHeard() {
        var (talk, actions) = self.hangingUp()
        #expect(actions.end == nil)
        #expect(actions.contains(.start(.hangUp, after: .seconds(8))))
        #expect(talk.conversation.awaitsSilence)
        talk.isSilent = true
        #expect(talk.tell(.silence).end == .aiHangup)
        #expect(talk.conversation.phase == .ended)
    }

    @Test("a goodbye that was heard before its response was done ends the call at once")
    func heardAlready() {
        let (_, actions) = self.hangingUp(isSilent: true)
        #expect(actions.end == .aiHangup)
    }

    @Test("a goodbye that does not end is cut off after eight seconds")
    func timeout() {
        var (talk, _) = self.hangingUp()
        #expect(talk.tell(.timer(.hangUp)).end == .aiHangup)
        #expect(talk.tell(.timer(.hangUp)).isEmpty)
    }

    @Test(
        "the reasons of the tool become those of the call",
        arguments: [
            ("voicemail", EndReason.voicemail), ("do_not_call", .optedOut), ("goal_achieved", .aiHangup),
            ("", .aiHangup),
        ]
    )
    func reasons(reason: String, expected: EndReason) {
        let (_, actions) = self.hangingUp(reason: reason, isSilent: true)
        #expect(actions.end == expected)
    }

    @Test("a caller who speaks again is heard: the call goes on and the model is told")
    func undone() {
        var (talk, _) = self.hangingUp()
        let actions = talk.interrupt(
            "u2",
            cuts: [Talk.cut("a1", of: "r1", heard: 400, received: 900, isComplete: true)]
        )
        #expect(actions.outputs == ["call": "hang-up withdrawn"])
        #expect(actions.contains(.stop(.hangUp)))
        #expect(talk.conversation.phase == .talking)
        #expect(talk.tell(.timer(.hangUp)).isEmpty)
        #expect(talk.tell(.silence).isEmpty)
    }

    @Test("a caller who speaks before the response is done keeps the call, and the tool call is answered")
    func undoneBefore() {
        for status in [ModelResponseResult.Status.cancelled, .completed] {
            var talk = Talk.greeted()
            talk.create("r1")
            talk.call("end_call", in: "r1")
            talk.interrupt("u1")
            let actions = talk.done("r1", status)
            #expect(actions.end == nil)
            #expect(actions.outputs == ["call": "hang-up withdrawn"])
            #expect(talk.conversation.phase == .talking)
        }
    }

    @Test("a model that hangs up without a goodbye is asked for one first")
    func farewell() {
        var talk = Talk.greeted()
        talk.callerSays("That is all.", item: "u1", after: "hello")
        talk.create("r1")
        talk.call("end_call", in: "r1")
        let actions = talk.done("r1")
        #expect(actions.requests == ["farewell"])
        #expect(actions.outputs["call"] != nil)
        #expect(actions.end == nil)
        #expect(!talk.conversation.awaitsSilence, "it has not said it yet")
        talk.create("r2")
        talk.isSilent = false
        talk.say("Goodbye!", in: "r2", item: "a2")
        #expect(talk.done("r2").end == nil)
        talk.isSilent = true
        #expect(talk.tell(.silence).end == .aiHangup)
    }

    @Test("a caller whose words are not transcribed yet has spoken last all the same")
    func farewellBeforeTranscription() {
        var talk = Talk.greeted()
        talk.interrupt("u1")
        talk.model(.speechStopped(itemID: "u1", audioEnd: .seconds(1)))
        talk.model(.committed(itemID: "u1", previousItemID: "hello"))
        talk.create("r1")
        talk.call("end_call", in: "r1")
        #expect(talk.done("r1").requests == ["farewell"])
    }

    @Test("a caller who speaks during the farewell keeps the call; the tool call is not answered twice")
    func farewellUndone() {
        var talk = Talk.greeted()
        talk.callerSays("That is all.", item: "u1", after: "hello")
        talk.create("r1")
        talk.call("end_call", in: "r1")
        talk.done("r1")
        let actions = talk.interrupt("u2")
        #expect(actions.outputs.isEmpty)
        #expect(talk.conversation.phase == .talking)
        // The farewell was on its way: nobody wants it any more.
        #expect(talk.create("r2", metadata: ["purpose": "farewell"]).commands == [.cancelResponse(id: "r2")])
    }

    @Test("a farewell that fails still ends the call")
    func farewellFails() {
        var talk = Talk.greeted()
        talk.callerSays("That is all.", item: "u1", after: "hello")
        talk.create("r1")
        talk.call("end_call", in: "r1")
        talk.done("r1")
        talk.create("r2")
        #expect(talk.done("r2", .failed).end == .aiHangup)
    }

    @Test("nothing more is said once the model has hung up: what waits is dropped, consultations are withdrawn")
    func nothingMore() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("Goodbye!", in: "r1", item: "a1")
        talk.call("consult_reasoner", id: "c", in: "r1")
        talk.tell(.dtmf(digit: "1"))
        talk.tell(.timer(.keypad))
        talk.call("end_call", in: "r1")
        talk.isSilent = false
        let actions = talk.done("r1")
        #expect(actions.requests.isEmpty)
        #expect(actions.contains(.withdraw(callID: "c")))
        #expect(talk.tell(.timer(.keypad)).isEmpty)
        #expect(talk.tell(.timer(.retryResponse)).isEmpty)
    }

    @Test("a limit silences what is said, asks for a goodbye, and ends once that was heard")
    func limit() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.say("A long answer", in: "r1", item: "a1")
        let cut = Talk.cut("a1", of: "r1", heard: 500)
        let actions = talk.tell(.limit(.maxDuration, cuts: [cut]))
        #expect(actions.commands == [.truncate(itemID: "a1", audioEnd: .milliseconds(500)), .cancelResponse(id: "r1")])
        #expect(actions.contains(.start(.hangUp, after: .seconds(10))))
        #expect(talk.done("r1", .cancelled).requests == ["goodbye: time"])
        talk.create("g", metadata: ["purpose": "goodbye"])
        talk.isSilent = false
        talk.say("I have to go.", in: "g", item: "a2")
        #expect(talk.done("g").end == nil)
        talk.isSilent = true
        #expect(talk.tell(.silence).end == .maxDuration)
    }

    @Test("the hard end comes ten seconds after the limit, whatever is said")
    func hardEnd() {
        var talk = Talk.greeted()
        talk.tell(.limit(.drained, cuts: []))
        #expect(talk.tell(.timer(.hangUp)).end == .drained)
    }

    @Test("a goodbye that waits for a response to end is not lost when the caller speaks")
    func goodbyeKept() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.tell(.limit(.maxDuration, cuts: []))
        talk.interrupt("u1")
        #expect(talk.done("r1", .cancelled).requests == ["goodbye: time"])
    }

    @Test("a response that the model begins by itself after the limit is cancelled")
    func onlyGoodbye() {
        var talk = Talk.greeted()
        talk.create("r0")
        talk.tell(.limit(.maxDuration, cuts: []))
        talk.done("r0", .cancelled)
        talk.create("own")
        let busy = ModelErrorInfo(type: nil, code: "conversation_already_has_active_response", message: "")
        #expect(talk.model(.error(busy)).commands == [.cancelResponse(id: "own")])
        let ended = talk.done("own", .cancelled)
        #expect(ended.requests == ["goodbye: time"])
        #expect(ended.end == nil, "it was not the goodbye")
        talk.create("g")
        #expect(talk.done("g").end == .maxDuration)
    }

    @Test("a response that was asked for before the limit is cancelled as soon as it begins")
    func requestedBefore() {
        var talk = Talk()
        talk.tell(.modelReady)
        talk.tell(.limit(.maxDuration, cuts: []))
        #expect(talk.create("greet", metadata: ["purpose": "greeting"]).commands == [.cancelResponse(id: "greet")])
        #expect(talk.done("greet", .cancelled).requests == ["goodbye: time"])
    }

    @Test("a second limit changes nothing, nor does one that comes while the model hangs up")
    func secondLimit() {
        var talk = Talk.greeted()
        talk.tell(.limit(.maxDuration, cuts: []))
        #expect(!talk.conversation.acceptsLimit)
        #expect(talk.tell(.limit(.drained, cuts: [])).isEmpty)
        #expect(talk.tell(.timer(.hangUp)).end == .maxDuration)
        var (hangingUp, _) = self.hangingUp()
        #expect(hangingUp.tell(.limit(.maxDuration, cuts: [])).isEmpty)
        #expect(hangingUp.tell(.silence).end == .aiHangup)
    }

    @Test("a goodbye that the caller interrupts has been said")
    func goodbyeInterrupted() {
        var talk = Talk.greeted()
        talk.tell(.limit(.maxDuration, cuts: []))
        talk.create("g")
        talk.say("I have to", in: "g", item: "a2")
        talk.interrupt("u1", cuts: [Talk.cut("a2", of: "g", heard: 300)])
        #expect(talk.done("g", .cancelled).end == .maxDuration)
    }

    @Test("a goodbye that was lost with the model is said by the next session")
    func goodbyeLost() {
        var talk = Talk.greeted()
        talk.tell(.limit(.maxDuration, cuts: []))
        talk.create("g")
        talk.tell(.modelLost)
        #expect(talk.tell(.modelReady).requests == ["goodbye: time"])
        talk.create("g2")
        #expect(talk.done("g2").end == .maxDuration)
    }

    @Test("a model that is lost while a farewell is awaited does not keep the call")
    func farewellLost() {
        var talk = Talk.greeted()
        talk.callerSays("That is all.", item: "u1", after: "hello")
        talk.create("r1")
        talk.call("end_call", in: "r1")
        talk.done("r1")
        talk.tell(.modelLost)
        #expect(talk.conversation.awaitsSilence)
        #expect(talk.tell(.silence).end == .aiHangup)
    }

    @Test("after the end nothing does anything, but words are still taken down")
    func afterTheEnd() {
        var (talk, _) = self.hangingUp()
        talk.tell(.silence)
        for event in [
            Conversation.Event.modelReady, .modelLost, .silence, .dtmf(digit: "1"), .timer(.hangUp), .timer(.keypad),
            .callerSpoke(itemID: "x", cuts: []), .consulted(callID: "call", advice: ""), .limit(.drained, cuts: []),
            .audioBegan(responseID: "x", itemID: "x"), .model(.responseCreated(id: "x", metadata: [:])),
        ] { #expect(talk.tell(event).isEmpty) }
        let moment = Conversation.Moment(date: .now, isSilent: true)
        let words = ModelEvent.callerTranscript(itemID: "u1", text: "Thanks, bye now.", usage: nil)
        #expect(talk.conversation.handleLastWords(words, at: moment) == [.turnChanged(itemID: "u1")])
        let response = ModelEvent.responseCreated(id: "x", metadata: [:])
        #expect(talk.conversation.handleLastWords(response, at: moment).isEmpty)
    }

    @Test("the end withdraws every consultation")
    func withdraws() {
        var talk = Talk.greeted()
        talk.create("r1")
        talk.call("consult_reasoner", id: "a", in: "r1")
        talk.call("consult_reasoner", id: "b", in: "r1")
        let actions = talk.tell(.limit(.maxDuration, cuts: []))
        #expect(actions.contains(.withdraw(callID: "a")) && actions.contains(.withdraw(callID: "b")))
    }
}
