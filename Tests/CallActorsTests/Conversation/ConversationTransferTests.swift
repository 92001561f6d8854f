import Testing
import Wire

@testable import CallActors

@Suite struct ConversationTransferTests {
    private let number = "+15550002222"

    /// A response that asks for a transfer and is complete.
    private func asked(_ arguments: String = #"{"reason":"a person"}"#, saying words: String? = nil) -> (
        Talk, [Conversation.Action]
    ) {
        var talk = Talk.greeted()
        talk.create("r1")
        if let words { talk.say(words, in: "r1", item: "a1") }
        talk.call("transfer_call", arguments, in: "r1")
        let done = talk.done("r1")
        return (talk, done)
    }

    @Test("a transfer that the model announced itself is carried out once the announcement was heard")
    func announced() {
        var (talk, done) = self.asked(saying: "I connect you.")
        #expect(done.contains(.handOver(to: "+15550001111")), "without a number the first of the list")
        (talk, done) = (Talk.greeted(), [])
        talk.isSilent = false
        talk.create("r1")
        talk.say("I connect you.", in: "r1", item: "a1")
        talk.call("transfer_call", #"{"to":"+1 555 000 2222","reason":"a person"}"#, in: "r1")
        #expect(!talk.done("r1").contains(.handOver(to: self.number)))
        #expect(talk.conversation.awaitsSilence)
        talk.isSilent = true
        #expect(talk.tell(.silence) == [.stop(.handOver), .handOver(to: self.number)])
        #expect(talk.tell(.silence).isEmpty)
    }

    @Test("a model that forgot to announce it is told to, and then the carrier dials")
    func forgotten() {
        var (talk, done) = self.asked(#"{"to":"+15550002222","reason":"r"}"#)
        #expect(done.requests == ["announce"])
        #expect(!talk.conversation.awaitsSilence)
        let said = talk.answer("r2", item: "a2", "I connect you.")
        #expect(said.contains(.handOver(to: self.number)))
    }

    @Test("the carrier dials in the end, whatever becomes of the announcement")
    func patience() {
        var (talk, done) = self.asked(#"{"to":"+15550002222","reason":"r"}"#)
        #expect(done.contains(.start(.handOver, after: .seconds(15))))
        talk.create("r2")
        #expect(talk.tell(.timer(.handOver)).contains(.handOver(to: self.number)))
    }

    @Test(
        "only numbers of the list are dialled",
        arguments: [#"{"to":"+15550003333","reason":"r"}"#, #"{"to":"911"}"#]
    )
    func offTheList(arguments: String) {
        var talk = Talk.greeted()
        talk.create("r1")
        let asked = talk.call("transfer_call", arguments, in: "r1")
        #expect(asked.outputs["call"]?.contains("not on the list") == true)
        #expect(talk.done("r1").requests == [nil])
        #expect(talk.conversation.phase == .talking)
    }

    @Test("a caller who speaks again keeps the call with the model, which is told so")
    func withdrawn() {
        var talk = Talk.greeted()
        talk.isSilent = false
        talk.create("r1")
        talk.say("I connect you.", in: "r1", item: "a1")
        talk.call("transfer_call", #"{"reason":"a person"}"#, in: "r1")
        talk.done("r1")
        let spoke = talk.interrupt("u1")
        #expect(spoke.outputs["call"]?.contains("not done") == true)
        #expect(talk.conversation.phase == .talking)
        #expect(talk.tell(.silence).isEmpty)
    }

    @Test("when nobody answers, the model gets the call back and says so")
    func unanswered() {
        var (talk, _) = self.asked(saying: "I connect you.")
        #expect(talk.tell(.model(.responseDone(ModelResponseResult(id: "x", status: .completed)))).isEmpty)
        let back = talk.tell(.transferUnanswered)
        #expect(back.outputs["call"]?.contains("not reached") == true)
        #expect(back.requests == ["nobody answered"])
        #expect(talk.conversation.phase == .talking)
        #expect(talk.tell(.transferUnanswered).isEmpty)
    }

    @Test("when the model's session went meanwhile, the next one says so first")
    func unansweredLater() {
        var (talk, _) = self.asked(saying: "I connect you.")
        talk.tell(.modelLost)
        #expect(talk.tell(.transferUnanswered).requests.isEmpty)
        let ready = talk.tell(.modelReady)
        #expect(ready.requests == ["nobody answered"])
        #expect(ready.outputs["call"] != nil)
    }

    @Test("a call that another process handed over is taken back the same way")
    func recovered() {
        var talk = Talk()
        talk.conversation.beHandedOver()
        talk.tell(.transferUnanswered)
        #expect(talk.tell(.modelReady).requests == ["nobody answered"])
    }

    @Test("an operator's transfer waits for what is being said, is announced, and survives a word of the caller")
    func ordered() {
        var talk = Talk.greeted()
        talk.create("r1")
        #expect(talk.tell(.transferOrdered(to: self.number)).requests.isEmpty)
        #expect(talk.say("as I said", in: "r1", item: "a1").isEmpty == false)
        #expect(talk.done("r1").requests == ["announce"])
        talk.create("r2", metadata: ["purpose": "transfer"])
        talk.isSilent = false
        talk.say("I connect you.", in: "r2", item: "a2")
        talk.done("r2")
        talk.callerSays("all right", item: "u1")
        #expect(talk.tell(.silence).contains(.handOver(to: self.number)))
    }

    @Test("a limit that comes during the announcement ends the call instead")
    func limit() {
        var (talk, _) = self.asked()
        let limited = talk.tell(.limit(.maxDuration, cuts: []))
        #expect(limited.outputs["call"] != nil)
        #expect(limited.contains(.stop(.handOver)))
        #expect(!talk.tell(.timer(.handOver)).contains(.handOver(to: "+15550001111")))
    }

    @Test("what an operator has said is said as given, after what is being said now and also when the caller moves on")
    func say() {
        var talk = Talk.greeted()
        #expect(talk.tell(.say(instructions: "say it")).requests == ["say it"])
        talk.answer("r1", item: "a1", "it")
        talk.create("r2")
        #expect(talk.tell(.say(instructions: "say that")).requests.isEmpty)
        talk.interrupt("u1")
        #expect(talk.done("r2", .cancelled).requests == ["say that"])
    }

    @Test("what was to be said while no session was open is said by the next one, all of it and in order")
    func sayLater() {
        var talk = Talk.greeted()
        talk.tell(.modelLost)
        #expect(talk.tell(.say(instructions: "first")).isEmpty)
        #expect(talk.tell(.say(instructions: "second")).isEmpty)
        #expect(talk.tell(.modelReady).requests == ["first"])
        talk.create("r1", metadata: ["purpose": "say"])
        #expect(talk.done("r1").requests == ["second"])
    }

    @Test("what was to be said before the model was there comes after its greeting")
    func sayFirst() {
        var talk = Talk()
        #expect(talk.tell(.say(instructions: "first")).isEmpty)
        #expect(talk.tell(.modelReady).requests == ["greeting"])
        talk.create("r1", metadata: ["purpose": "greeting"])
        #expect(talk.done("r1").requests == ["first"])
    }

    @Test("keys are pressed at once, and the model listens; nonsense is refused")
    func keypad() {
        var talk = Talk.greeted()
        talk.create("r1")
        let pressed = talk.call("send_keypad", #"{"digits":"1w2#"}"#, in: "r1")
        #expect(pressed.contains(.sendKeypad("1w2#")))
        #expect(pressed.outputs["call"]?.contains("sent") == true)
        #expect(talk.done("r1").requests.isEmpty)
        talk.create("r2")
        let refused = talk.call("send_keypad", #"{"digits":"call me"}"#, id: "c2", in: "r2")
        #expect(refused.outputs["c2"]?.contains("not done") == true)
    }

    @Test("a callback is ordered outside, and its answer goes to the model once")
    func callback() {
        var talk = Talk.greeted()
        talk.create("r1")
        let ordered = talk.call("schedule_callback", #"{"at":"2027-01-31T09:30:00Z","note":"roof"}"#, in: "r1")
        #expect(ordered.contains(.scheduleCallback(callID: "call", at: "2027-01-31T09:30:00Z", note: "roof")))
        talk.done("r1")
        let answered = talk.tell(.toolAnswered(callID: "call", output: "{}"))
        #expect(answered.outputs == ["call": "{}"])
        #expect(answered.requests == [nil])
        #expect(talk.tell(.toolAnswered(callID: "call", output: "{}")).isEmpty)
    }

    @Test("whoever asks not to be called is written down at once, also where the call then goes on")
    func optOut() {
        var talk = Talk.greeted()
        talk.isSilent = false
        talk.create("r1")
        talk.say("Goodbye.", in: "r1", item: "a1")
        #expect(talk.call("end_call", #"{"reason":"do_not_call"}"#, in: "r1").contains(.optOut))
        talk.done("r1")
        talk.isSilent = true
        #expect(talk.tell(.silence).end == .optedOut)
    }
}
