import Foundation
import Testing
import Wire

@testable import CallActors

/// The message that is left on a mailbox, where it is late, fails, is talked over, or has no end.
@Suite struct ConversationMessageTests {
    @Test("a message that is not ready starts with its first sound, and none at all ends the call with a reason")
    func notReady() throws {
        var talk = Talk.calledOut()
        talk.notice(.greeting)
        let found = talk.notice(.beep)
        #expect(found.played == nil)
        #expect(found.contains(.start(.voicemail(.message), after: .seconds(15))))
        var late = talk
        #expect(late.produce(isWhole: false).played != nil)
        #expect(!late.conversation.awaitsSilence, "more of it comes")
        #expect(late.done("vm").contains(.voicemail(.messageIsWhole)))
        #expect(late.conversation.awaitsSilence)
        let end = talk.tell(.timer(.voicemail(.message)))
        #expect(end.withoutMessage?.contains("in time") == true)
        #expect(talk.conversation.phase == .ended)
    }

    @Test("a message that fails is asked for again, three times in all; refused, likewise")
    func failures() {
        var talk = Talk.calledOut()
        talk.notice(.greeting)
        talk.notice(.beep)
        for attempt in 1...3 {
            talk.create("vm\(attempt)", metadata: ["purpose": "voicemail"])
            let actions = talk.done("vm\(attempt)", .failed)
            if attempt < 3 {
                #expect(actions.messages == 1)
            } else {
                #expect(actions.withoutMessage != nil)
            }
        }
        var refused = Talk.calledOut()
        guard case .send(_, let eventID)? = refused.notice(.carrier).last(where: \.isMessage) else {
            Issue.record("not ordered")
            return
        }
        let info = ModelErrorInfo(type: nil, code: "invalid_value", message: "", eventID: eventID)
        #expect(refused.model(.error(info)).messages == 1)
    }

    @Test("speech over the message clears it; what was heard of it stands in the transcript; then it starts again")
    func again() throws {
        var talk = Talk.calledOut()
        talk.notice(.greeting)
        talk.produce()
        let first = try #require(talk.notice(.beep).played)
        let stop = talk.line(.speechFollows(at: .seconds(11)))
        #expect(stop.contains(.voicemail(.clear)))
        let cut = Talk.cut(first, of: Conversation.messageResponseID, heard: 2500)
        let cleared = talk.tell(.voicemail(.cleared(cuts: [cut])))
        #expect(cleared.commands.isEmpty, "the model knows nothing of this item")
        #expect(cleared == [.turnChanged(itemID: first)])
        #expect(talk.conversation.transcript.line(of: first)?.interrupted == true)
        let second = try #require(talk.line(.beepEnded(at: .seconds(14))).played)
        #expect(second != first)
        #expect(talk.tell(.silence).end == .voicemail)
        #expect(talk.words.suffix(2) == ["Please call", "Please call us back."])
    }

    @Test("without a beep the message is left after the stated silence")
    func noBeep() {
        var talk = Talk.calledOut()
        talk.notice(.words)
        talk.produce()
        let found = talk.notice(.greeting)
        #expect(found.contains(.start(.voicemail(.silence), after: .seconds(4))))
        #expect(talk.tell(.timer(.voicemail(.silence))).played != nil)
    }

    @Test("the model lost: a message that is there is left all the same, one that is not is asked of the next model")
    func modelLost() throws {
        var kept = Talk.calledOut()
        kept.notice(.greeting)
        kept.produce()
        kept.notice(.carrier)
        kept.tell(.modelLost)
        #expect(kept.tell(.voicemail(.modelGivenUp)).isEmpty)
        #expect(kept.line(.beepEnded(at: .seconds(9))).played != nil)
        #expect(kept.tell(.silence).end == .voicemail)

        var half = Talk.calledOut()
        half.notice(.greeting)
        half.produce(isWhole: false)
        half.notice(.carrier)
        #expect(half.tell(.modelLost).contains(.voicemail(.dropMessage)))
        let ready = half.tell(.modelReady)
        #expect(ready.commands.first == .setTurnDetection(enabled: false))
        #expect(ready.messages == 1)
        #expect(ready.requests.count == 1, "and nothing else is said")

        var lost = Talk.calledOut()
        lost.notice(.carrier)
        lost.notice(.beep)
        lost.tell(.modelLost)
        #expect(lost.tell(.voicemail(.modelGivenUp)).withoutMessage != nil)

        var playing = Talk.calledOut()
        playing.notice(.greeting)
        playing.notice(.beep)
        #expect(playing.produce(isWhole: false).played != nil)
        #expect(playing.tell(.modelLost).contains(.voicemail(.messageIsWhole)), "what is there is left")

        var suspected = Talk.calledOut()
        #expect(suspected.notice(.carrier).messages == 1)
        suspected.tell(.modelLost)
        #expect(suspected.tell(.modelReady).messages == 1)
    }

    @Test("90 s after its finding a mailbox gets no more time, and a limit of the call ends it sooner")
    func bounded() {
        var talk = Talk.calledOut()
        talk.notice(.greeting)
        talk.notice(.carrier)
        #expect(talk.tell(.timer(.voicemail(.deadline))).end == .voicemail)
        var limited = Talk.calledOut()
        limited.notice(.greeting)
        limited.notice(.carrier)
        #expect(limited.tell(.limit(.maxDuration, cuts: [])).end == .voicemail, "it waits for a beep")
        var playing = Talk.calledOut()
        playing.notice(.greeting)
        playing.produce()
        playing.notice(.beep)
        #expect(playing.tell(.limit(.maxDuration, cuts: [])) == [.start(.hangUp, after: .seconds(10))])
        #expect(playing.tell(.timer(.hangUp)).end == .voicemail)
    }
}
