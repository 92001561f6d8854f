import Foundation
import Testing
import Wire

@testable import CallActors

/// Mailboxes in virtual time: every order of witnesses, and everything that may go wrong on the way.
@Suite struct ConversationVoicemailTests {
    /// Too short to be a greeting by its length.
    private static let greeting = "Leave a message after the tone."

    /// A call of ours whose AI has greeted; the far end speaks.
    private func called() -> Talk {
        var talk = Talk(mailbox: MailboxWatch())
        talk.tell(.modelReady)
        talk.answer("greet", item: "hello", "Hello, is this Mr Miller?")
        return talk
    }

    private enum Witness: CaseIterable { case words, beep, carrier, greeting }

    @discardableResult
    private func tell(_ witness: Witness, _ talk: inout Talk) -> [Conversation.Action] {
        switch witness {
        case .words: talk.callerSays(Self.greeting, item: "u1")
        case .beep: self.line(.beepEnded(at: .seconds(9)), &talk)
        case .carrier: talk.tell(.voicemail(.answered(.machineEndOther)))
        case .greeting:
            self.line(.speechBegan(at: .seconds(1)), &talk) + self.line(.speechGoesOn(at: .seconds(7)), &talk)
                + self.line(.speechPaused(at: .seconds(8)), &talk)
        }
    }

    @discardableResult
    private func line(_ event: LineEvent, _ talk: inout Talk) -> [Conversation.Action] {
        talk.tell(.voicemail(.line(event)))
    }

    /// The message is produced: its response begins, sounds, is over.
    @discardableResult
    private func produce(_ talk: inout Talk, _ response: String = "vm", isWhole: Bool = true) -> [Conversation.Action] {
        var actions = talk.create(response, metadata: ["purpose": "voicemail"])
        actions += talk.model(.transcriptDelta(responseID: response, itemID: "x", text: "Please call us "))
        actions += talk.tell(.voicemail(.messageArrived))
        guard isWhole else { return actions }
        actions += talk.model(.transcriptDone(responseID: response, itemID: "x", text: "Please call us back."))
        return actions + talk.done(response)
    }

    @Test("in every order of two and three witnesses: suspected at the first, found at the second, once")
    func orders() {
        for first in Witness.allCases {
            for second in Witness.allCases where second != first {
                for third in Witness.allCases where third != second && third != first {
                    var talk = self.called()
                    let suspected = self.tell(first, &talk)
                    #expect(suspected.messages == 1, "\(first): the message is ordered")
                    #expect(suspected.found.isEmpty && talk.conversation.phase == .talking)
                    let found = self.tell(second, &talk)
                    #expect(found.found.count == 1, "\(first), \(second)")
                    #expect(found.messages == 0, "once")
                    #expect(found.commands.contains(.setTurnDetection(enabled: false)))
                    #expect(found.contains(.voicemail(.clear)))
                    #expect(found.contains(.start(.voicemail(.deadline), after: .seconds(90))))
                    let more = self.tell(third, &talk)
                    #expect(more.found.isEmpty && more.messages == 0, "\(first), \(second), \(third)")
                    #expect(talk.conversation.isLeavingMessage)
                }
            }
        }
    }

    @Test("from the beep to the end: the message is played, heard, stands in the transcript, and the call ends")
    func whole() throws {
        var talk = self.called()
        self.tell(.greeting, &talk)
        self.produce(&talk)
        #expect(talk.conversation.phase == .talking)
        let actions = self.tell(.beep, &talk)
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
        var talk = self.called()
        self.tell(.carrier, &talk)
        talk.create("r2")
        talk.say("I am calling about your sink and", in: "r2", item: "a2")
        let found = self.tell(.words, &talk)
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
        var talk = self.called()
        self.tell(.carrier, &talk)
        let words = talk.words
        self.produce(&talk)
        #expect(talk.words == words)
        #expect(talk.conversation.slot.isIdle)
        #expect(!talk.conversation.isMuted(responseID: "vm"))
    }

    @Test("a person after a suspicion: the message is thrown away, cancelled where it still runs, and never heard")
    func person() {
        var talk = self.called()
        #expect(self.line(.beepEnded(at: .seconds(1)), &talk).messages == 1)
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
        var talk = self.called()
        #expect(self.line(.beepEnded(at: .seconds(1)), &talk).messages == 1)
        for (index, words) in ["Hello.", "Yes.", "Speaking.", "Go on."].enumerated() {
            talk.callerSays(words, item: "u\(index)")
        }
        #expect(talk.conversation.mailbox == nil)
        #expect(talk.create("vm", metadata: ["purpose": "voicemail"]).commands == [.cancelResponse(id: "vm")])
        #expect(talk.conversation.isMuted(responseID: "vm"))
    }

    @Test("the model says voicemail: with another sign the message is left, without one the call ends as before")
    func model() {
        var alone = self.called()
        alone.create("r2")
        alone.call("end_call", #"{"reason":"voicemail"}"#, in: "r2")
        alone.isSilent = false
        alone.done("r2")
        #expect(alone.conversation.phase != .talking && !alone.conversation.isLeavingMessage)
        for witness in Witness.allCases {
            var talk = self.called()
            self.tell(witness, &talk)
            talk.create("r2")
            talk.call("end_call", #"{"reason":"voicemail"}"#, in: "r2")
            let actions = talk.done("r2")
            #expect(actions.found == ["model"], "\(witness)")
            #expect(talk.conversation.isLeavingMessage)
            #expect(actions.outputs["call"] != nil, "the tool is answered")
        }
        // A beep while the call is ending after all.
        #expect(self.line(.beepEnded(at: .seconds(9)), &alone).found == ["beep"])
        var inbound = Talk.greeted()
        inbound.create("r2")
        inbound.call("end_call", #"{"reason":"voicemail"}"#, in: "r2")
        #expect(inbound.done("r2").found.isEmpty)
    }

    @Test("a message that is not ready starts with its first sound, and none at all ends the call with a reason")
    func notReady() throws {
        var talk = self.called()
        self.tell(.greeting, &talk)
        let found = self.tell(.beep, &talk)
        #expect(found.played == nil)
        #expect(found.contains(.start(.voicemail(.message), after: .seconds(15))))
        var late = talk
        #expect(self.produce(&late, isWhole: false).played != nil)
        #expect(!late.conversation.awaitsSilence, "more of it comes")
        #expect(late.done("vm").contains(.voicemail(.messageIsWhole)))
        #expect(late.conversation.awaitsSilence)
        let end = talk.tell(.timer(.voicemail(.message)))
        #expect(end.withoutMessage?.contains("in time") == true)
        #expect(talk.conversation.phase == .ended)
    }

    @Test("a message that fails is asked for again, three times in all; refused, likewise")
    func failures() {
        var talk = self.called()
        self.tell(.greeting, &talk)
        self.tell(.beep, &talk)
        for attempt in 1...3 {
            talk.create("vm\(attempt)", metadata: ["purpose": "voicemail"])
            let actions = talk.done("vm\(attempt)", .failed)
            if attempt < 3 {
                #expect(actions.messages == 1)
            } else {
                #expect(actions.withoutMessage != nil)
            }
        }
        var refused = self.called()
        guard case .send(_, let eventID)? = self.tell(.carrier, &refused).last(where: \.isMessage) else {
            Issue.record("not ordered")
            return
        }
        let info = ModelErrorInfo(type: nil, code: "invalid_value", message: "", eventID: eventID)
        #expect(refused.model(.error(info)).messages == 1)
    }

    @Test("speech over the message clears it; what was heard of it stands in the transcript; then it starts again")
    func again() throws {
        var talk = self.called()
        self.tell(.greeting, &talk)
        self.produce(&talk)
        let first = try #require(self.tell(.beep, &talk).played)
        let stop = self.line(.speechFollows(at: .seconds(11)), &talk)
        #expect(stop.contains(.voicemail(.clear)))
        let cut = Talk.cut(first, of: Conversation.messageResponseID, heard: 2500)
        let cleared = talk.tell(.voicemail(.cleared(cuts: [cut])))
        #expect(cleared.commands.isEmpty, "the model knows nothing of this item")
        #expect(cleared == [.turnChanged(itemID: first)])
        #expect(talk.conversation.transcript.line(of: first)?.interrupted == true)
        let second = try #require(self.line(.beepEnded(at: .seconds(14)), &talk).played)
        #expect(second != first)
        #expect(talk.tell(.silence).end == .voicemail)
        #expect(talk.words.suffix(2) == ["Please call", "Please call us back."])
    }

    @Test("without a beep the message is left after the stated silence")
    func noBeep() {
        var talk = self.called()
        self.tell(.words, &talk)
        self.produce(&talk)
        let found = self.tell(.greeting, &talk)
        #expect(found.contains(.start(.voicemail(.silence), after: .seconds(4))))
        #expect(talk.tell(.timer(.voicemail(.silence))).played != nil)
    }

    @Test("the model lost: a message that is there is left all the same, one that is not is asked of the next model")
    func modelLost() throws {
        var kept = self.called()
        self.tell(.greeting, &kept)
        self.produce(&kept)
        self.tell(.carrier, &kept)
        kept.tell(.modelLost)
        #expect(kept.tell(.voicemail(.modelGivenUp)).isEmpty)
        #expect(self.line(.beepEnded(at: .seconds(9)), &kept).played != nil)
        #expect(kept.tell(.silence).end == .voicemail)

        var half = self.called()
        self.tell(.greeting, &half)
        self.produce(&half, isWhole: false)
        self.tell(.carrier, &half)
        #expect(half.tell(.modelLost).contains(.voicemail(.dropMessage)))
        let ready = half.tell(.modelReady)
        #expect(ready.commands.first == .setTurnDetection(enabled: false))
        #expect(ready.messages == 1)
        #expect(ready.requests.count == 1, "and nothing else is said")

        var lost = self.called()
        self.tell(.carrier, &lost)
        self.tell(.beep, &lost)
        lost.tell(.modelLost)
        #expect(lost.tell(.voicemail(.modelGivenUp)).withoutMessage != nil)

        var playing = self.called()
        self.tell(.greeting, &playing)
        self.tell(.beep, &playing)
        #expect(self.produce(&playing, isWhole: false).played != nil)
        #expect(playing.tell(.modelLost).contains(.voicemail(.messageIsWhole)), "what is there is left")

        var suspected = self.called()
        #expect(self.tell(.carrier, &suspected).messages == 1)
        suspected.tell(.modelLost)
        #expect(suspected.tell(.modelReady).messages == 1)
    }

    @Test("90 s after its finding a mailbox gets no more time, and a limit of the call ends it sooner")
    func bounded() {
        var talk = self.called()
        self.tell(.greeting, &talk)
        self.tell(.carrier, &talk)
        #expect(talk.tell(.timer(.voicemail(.deadline))).end == .voicemail)
        var limited = self.called()
        self.tell(.greeting, &limited)
        self.tell(.carrier, &limited)
        #expect(limited.tell(.limit(.maxDuration, cuts: [])).end == .voicemail, "it waits for a beep")
        var playing = self.called()
        self.tell(.greeting, &playing)
        self.produce(&playing)
        self.tell(.beep, &playing)
        #expect(playing.tell(.limit(.maxDuration, cuts: [])) == [.start(.hangUp, after: .seconds(10))])
        #expect(playing.tell(.timer(.hangUp)).end == .voicemail)
    }

    @Test("a fax is found and left alone")
    func fax() {
        var talk = self.called()
        let actions = talk.tell(.voicemail(.answered(.fax)))
        #expect(actions.found == ["fax"])
        #expect(actions.withoutMessage?.contains("fax") == true)
    }

    @Test(
        "a call that a mailbox ends, or that loses its stream there, ends as voicemail; an operator's end stays theirs"
    )
    func reasons() {
        var talk = self.called()
        #expect(talk.conversation.reason(for: .callerHangup) == .callerHangup)
        self.tell(.greeting, &talk)
        self.tell(.carrier, &talk)
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
        self.produce(&talk)
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

extension Conversation.Action {
    /// It asks for the message of a mailbox.
    var isMessage: Bool {
        guard case .send(.createResponse(let request), _) = self else { return false }
        return request.outOfBand && request.metadata["purpose"] == "voicemail"
    }
}

extension [Conversation.Action] {
    var messages: Int { self.count(where: \.isMessage) }

    /// The witnesses by which a mailbox was found.
    var found: [String] {
        self.compactMap { if case .note(.mailboxFound(let witness)) = $0 { witness } else { nil } }
    }

    /// The item as which the message is played.
    var played: String? {
        for case .voicemail(.play(let itemID)) in self { return itemID }
        return nil
    }

    var withoutMessage: String? {
        for case .voicemail(.endWithout(let why)) in self { return why }
        return nil
    }
}
