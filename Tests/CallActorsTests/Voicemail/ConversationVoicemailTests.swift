import Foundation
import Testing
import Wire

@testable import CallActors

/// Mailboxes in virtual time: every order of witnesses, and everything that may go wrong on the way.
@Suite struct ConversationVoicemailTests {
    @Test("in every order of two and three witnesses: suspected at the first, found at the second, once")
    func orders() {
        for first in MailboxWitness.allCases {
            for second in MailboxWitness.allCases where second != first {
                for third in MailboxWitness.allCases where third != second && third != first {
                    var talk = Talk.calledOut()
                    let suspected = talk.notice(first)
                    #expect(suspected.messages == 1, "\(first): the message is ordered")
                    #expect(suspected.found.isEmpty && talk.conversation.phase == .talking)
                    let found = talk.notice(second)
                    #expect(found.found.count == 1, "\(first), \(second)")
                    #expect(found.messages == 0, "once")
                    #expect(found.commands.contains(.setTurnDetection(enabled: false)))
                    #expect(found.contains(.voicemail(.clear)))
                    #expect(found.contains(.start(.voicemail(.deadline), after: .seconds(90))))
                    let more = talk.notice(third)
                    #expect(more.found.isEmpty && more.messages == 0, "\(first), \(second), \(third)")
                    #expect(talk.conversation.isLeavingMessage)
                }
            }
        }
    }

    @Test("from the beep to the end: the message is played, heard, stands in the transcript, and the call ends")
    func whole() throws {
        var talk = Talk.calledOut()
        talk.notice(.greeting)
        talk.produce()
        #expect(talk.conversation.phase == .talking)
        let actions = talk.notice(.beep)
        let itemID = try #require(actions.played)
        #expect(talk.conversation.awaitsSilence)
        let end = talk.tell(.silence)
        #expect(end.end == .voicemail)
        #expect(end.contains(.turnChanged(itemID: itemID)))
        #expect(talk.words.last == "Please call us back.")
        #expect(talk.tell(.voicemail(.line(.beepEnded(at: .seconds(99))))).isEmpty)
    }

    @Test("the AI falls silent at once: its response is cancelled, what was not heard is cut, nothing is answered")
    func silenced() {
        var talk = Talk.calledOut()
        talk.notice(.carrier)
        talk.create("r2")
        talk.say("I am calling about your sink and", in: "r2", item: "a2")
        let found = talk.notice(.words)
        #expect(found.commands.contains(.cancelResponse(id: "r2")))
        let cut = talk.tell(.voicemail(.cleared(cuts: [Talk.cut("a2", of: "r2", heard: 1500)])))
        #expect(cut.commands == [.truncate(itemID: "a2", audioEnd: .milliseconds(1500))])
        // The model's turn detection was faster than its end.
        #expect(talk.create("r3").commands == [.cancelResponse(id: "r3")])
        #expect(talk.conversation.isMuted(responseID: "r3"))
        #expect(talk.interrupt("u9").isEmpty, "nobody is interrupted")
        #expect(talk.tell(.dtmf(digit: "1")).commands.isEmpty)
    }

    @Test("the message's own response is no response of the conversation: its words and sound stay aside")
    func aside() {
        var talk = Talk.calledOut()
        talk.notice(.carrier)
        let words = talk.words
        talk.produce()
        #expect(talk.words == words)
        #expect(talk.conversation.slot.isIdle)
        #expect(!talk.conversation.isMuted(responseID: "vm"))
    }

    @Test("a person after a suspicion: the message is thrown away, cancelled where it still runs, and never heard")
    func person() {
        var talk = Talk.calledOut()
        #expect(talk.line(.beepEnded(at: .seconds(1))).messages == 1)
        talk.create("vm", metadata: ["purpose": "voicemail"])
        var actions: [Conversation.Action] = []
        for (index, words) in ["Hello?", "Yes.", "Speaking.", "Go on.", "Sure."].enumerated() {
            actions += talk.callerSays(words, item: "u\(index)")
        }
        #expect(actions.contains(.voicemail(.forget)))
        #expect(actions.commands.contains(.cancelResponse(id: "vm")))
        #expect(!talk.conversation.listensToLine)
        #expect(talk.tell(.voicemail(.answered(.machineEndBeep))).isEmpty)
    }

    @Test("a message that begins only after a person was found is cancelled")
    func lateForPerson() {
        var talk = Talk.calledOut()
        #expect(talk.line(.beepEnded(at: .seconds(1))).messages == 1)
        for (index, words) in ["Hello.", "Yes.", "Speaking.", "Go on."].enumerated() {
            talk.callerSays(words, item: "u\(index)")
        }
        #expect(talk.conversation.mailbox == nil)
        #expect(talk.create("vm", metadata: ["purpose": "voicemail"]).commands == [.cancelResponse(id: "vm")])
        #expect(talk.conversation.isMuted(responseID: "vm"))
    }

    @Test("the model says voicemail: with another sign the message is left, without one the call ends as before")
    func model() {
        var alone = Talk.calledOut()
        alone.create("r2")
        alone.call("end_call", #"{"reason":"voicemail"}"#, in: "r2")
        alone.isSilent = false
        alone.done("r2")
        #expect(alone.conversation.phase != .talking && !alone.conversation.isLeavingMessage)
        for witness in MailboxWitness.allCases {
            var talk = Talk.calledOut()
            talk.notice(witness)
            talk.create("r2")
            talk.call("end_call", #"{"reason":"voicemail"}"#, in: "r2")
            let actions = talk.done("r2")
            #expect(actions.found == ["model"], "\(witness)")
            #expect(talk.conversation.isLeavingMessage)
            #expect(actions.outputs["call"] != nil, "the tool is answered")
        }
        // A beep while the call is ending after all.
        #expect(alone.line(.beepEnded(at: .seconds(9))).found == ["beep"])
        var inbound = Talk.greeted()
        inbound.create("r2")
        inbound.call("end_call", #"{"reason":"voicemail"}"#, in: "r2")
        #expect(inbound.done("r2").found.isEmpty)
    }

    @Test("a fax is found and left alone")
    func fax() {
        var talk = Talk.calledOut()
        let actions = talk.tell(.voicemail(.answered(.fax)))
        #expect(actions.found == ["fax"])
        #expect(actions.withoutMessage?.contains("fax") == true)
    }

    @Test(
        "a call that a mailbox ends, or that loses its stream there, ends as voicemail; an operator's end stays theirs"
    )
    func reasons() {
        var talk = Talk.calledOut()
        #expect(talk.conversation.reason(for: .callerHangup) == .callerHangup)
        talk.notice(.greeting)
        talk.notice(.carrier)
        for reason in [EndReason.callerHangup, .streamLost, .stale, .modelFailed] {
            #expect(talk.conversation.reason(for: reason) == .voicemail)
        }
        for reason in [EndReason.operatorHangup, .drained, .crashed] {
            #expect(talk.conversation.reason(for: reason) == reason)
        }
    }

    @Test("a session that takes over after a mailbox was found orders the message, listens, and greets nobody")
    func takenOver() {
        var talk = Talk(mailbox: MailboxWatch(wasFoundBefore: true))
        #expect(talk.conversation.isLeavingMessage && talk.conversation.listensToLine)
        let ready = talk.tell(.modelReady)
        #expect(ready.commands.first == .setTurnDetection(enabled: false))
        #expect(ready.requests == ["voicemail message"])
        #expect(ready.contains(.start(.voicemail(.deadline), after: .seconds(90))))
        #expect(ready.contains(.start(.voicemail(.silence), after: .seconds(4))))
        talk.produce()
        #expect(talk.tell(.timer(.voicemail(.silence))).played != nil)
        #expect(talk.tell(.silence).end == .voicemail)
    }

    @Test("inbound calls never look for a mailbox")
    func inbound() {
        var record = CallBench.record()
        #expect(MailboxWatch(for: record, past: CallPast()) == nil)
        record.direction = .outbound
        #expect(MailboxWatch(for: record, past: CallPast()) != nil)
        var past = CallPast(journal: [JournalEntry(at: Date(), event: .mailboxFound(witness: "beep"))])
        #expect(MailboxWatch(for: record, past: past)?.wasFoundBefore == true)
        past = CallPast()
        for (index, words) in ["Hello.", "Yes, that is me.", "Go on."].enumerated() {
            let role: TranscriptLine.Role = .user
            past.turns.append(
                ("a\(index)", Double(index), TranscriptLine(role: .assistant, content: "And?", at: Date()))
            )
            past.turns.append(
                ("u\(index)", Double(index) + 0.5, TranscriptLine(role: role, content: words, at: Date()))
            )
        }
        #expect(MailboxWatch(for: record, past: past) == nil, "a person was there before")
    }
}
