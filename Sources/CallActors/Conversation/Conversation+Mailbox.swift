import Foundation
import Wire

/// What is done once a mailbox was found: nothing is answered any more, and the message is left.
extension Conversation {
    /// It is a mailbox: the AI says no more, and nothing that is heard is answered.
    mutating func switchOver(_ witness: MailboxJudge.Witness, at moment: Moment) -> [Action] {
        guard let mailbox = self.mailbox else { return [] }
        var actions: [Action] = [.note(.mailboxFound(witness: witness.rawValue))]
        if witness == .fax { return actions + [self.endWithout("a fax machine answered")] }
        actions += self.withdrawConsultations(at: moment)
        actions += [.stop(.keypad), .stop(.retryResponse), .stop(.hangUp)]
        if let announced = self.announcedHangUp {
            self.announcedHangUp = nil
            actions += self.answer(callID: announced.call.callID, output: self.script.withdrawnHangUp, at: moment)
        }
        self.announcedTransfer = nil
        self.owedRequests = []
        self.slot.dropWaiting()
        actions.append(self.send(.setTurnDetection(enabled: false)))
        if let active = self.slot.activeID {
            actions += self.dropUnheard(of: active) + self.cancel(active)
        } else if !self.slot.isIdle {
            actions.append(self.send(.cancelResponse(id: nil)))
        }
        actions.append(.voicemail(.clear))
        actions.append(.start(.voicemail(.deadline), after: MessageDrop.longest))
        actions += self.orderMessage()
        var drop = MessageDrop(hasMessage: mailbox.hasSound, isSpoken: mailbox.judge.hearsSpeech)
        var steps = drop.begin(afterBeep: mailbox.judge.beepIsLast)
        if let carrier = mailbox.judge.carrier { steps += drop.greetingEnded(by: carrier) }
        self.phase = .leavingMessage(drop)
        return actions + self.carryOut(steps, at: moment)
    }

    /// Takes every event once a mailbox was found.
    mutating func handle(_ event: Event, leaving drop: MessageDrop, at moment: Moment) -> [Action] {
        switch event {
        case .modelReady:
            self.isModelReady = true
            self.sessionCount += 1
            self.transcript.beginSession()
            let isOff = self.send(.setTurnDetection(enabled: false))
            return [isOff] + self.takeOver(at: moment) + self.orderMessage()
        case .modelLost:
            let actions = self.modelLost()
            return actions + self.keepWhatThereIs(of: drop)
        case .model(let event):
            if let actions = self.produce(event) { return actions }
            // Of the model's own turn detection, before it was off.
            if case .responseCreated(let id, _) = event { return self.cancel(id) }
            return self.handle(model: event, at: moment)
        case .silence:
            guard drop.isPlaying, self.isMessageWhole else { return [] }
            return self.advance(.heard, at: moment)
        case .dtmf(let digit): return [.note(.dtmf(digit: digit))]
        case .timer(.voicemail(let timer)): return self.fired(voicemail: timer, at: moment)
        case .timer(.hangUp): return self.end(.voicemail)
        case .limit:
            // A message that is being left is left whole, as far as the hard end allows.
            return drop.isPlaying ? [.start(.hangUp, after: .seconds(10))] : self.end(.voicemail)
        case .voicemail(let event): return self.handle(event, leaving: drop, at: moment)
        // Nobody is talked to any more.
        default: return []
        }
    }

    /// An earlier session of the call found the mailbox: this one's time begins anew.
    private mutating func takeOver(at moment: Moment) -> [Action] {
        guard self.sessionCount == 1, self.mailbox?.wasFoundBefore == true else { return [] }
        let steps = self.advance { $0.begin(afterBeep: false) } ?? []
        return [.start(.voicemail(.deadline), after: MessageDrop.longest)] + self.carryOut(steps, at: moment)
    }

    private mutating func handle(_ event: VoicemailEvent, leaving drop: MessageDrop, at moment: Moment) -> [Action] {
        switch event {
        case .answered(let answer):
            var drop = drop
            let steps = drop.greetingEnded(by: answer)
            self.phase = .leavingMessage(drop)
            return self.carryOut(steps, at: moment)
        case .line(let line):
            self.mailbox?.judge.hear(line)
            return self.advance(.line(line), at: moment)
        case .messageArrived:
            self.mailbox?.hasSound = true
            return self.advance(.messageArrived, at: moment)
        case .messageLost:
            self.loseMessage()
            return self.advance(.messageLost, at: moment) + self.orderMessage()
        case .cleared(let cuts): return self.cutAll(cuts)
        case .modelGivenUp:
            guard self.mailbox?.hasSound != true else { return [] }
            return [self.endWithout("the voice model was lost before it was produced")]
        }
    }

    mutating func fired(voicemail timer: VoicemailTimer, at moment: Moment) -> [Action] {
        guard case .leavingMessage(let drop) = self.phase else { return [] }
        switch timer {
        case .silence: return self.advance(.silenceLasted, at: moment)
        case .message:
            guard drop.stage == .awaitingMessage else { return [] }
            return [self.endWithout("it was not produced in time")]
        case .deadline: return self.end(.voicemail)
        }
    }

    /// The model is gone: a message in the making is none, unless it is being left.
    private mutating func keepWhatThereIs(of drop: MessageDrop) -> [Action] {
        guard let mailbox = self.mailbox, mailbox.message != .whole else { return [] }
        if drop.isPlaying, mailbox.hasSound {
            self.mailbox?.message = .whole
            return [.voicemail(.messageIsWhole)]
        }
        self.loseMessage()
        var drop = drop
        _ = drop.handle(.messageLost)
        self.phase = .leavingMessage(drop)
        return [.voicemail(.dropMessage)]
    }

    /// The same while nothing is certain yet.
    mutating func forgetUnfinishedMessage() -> [Action] {
        guard let mailbox = self.mailbox, !self.isLeavingMessage, mailbox.message != .whole else { return [] }
        self.loseMessage()
        return mailbox.message == .none ? [] : [.voicemail(.dropMessage)]
    }

    /// A new session may produce a message that is still wanted.
    mutating func orderMessageAgain() -> [Action] {
        self.mailbox?.judge.verdict == .suspect && !self.isLeavingMessage ? self.orderMessage() : []
    }

    // MARK: - Carrying out

    private mutating func advance(_ change: (inout MessageDrop) -> [MessageDrop.Action]) -> [MessageDrop.Action]? {
        guard case .leavingMessage(var drop) = self.phase else { return nil }
        let steps = change(&drop)
        self.phase = .leavingMessage(drop)
        return steps
    }

    private mutating func advance(_ event: MessageDrop.Event, at moment: Moment) -> [Action] {
        guard let steps = self.advance({ $0.handle(event) }) else { return [] }
        return self.carryOut(steps, at: moment)
    }

    private mutating func carryOut(_ steps: [MessageDrop.Action], at moment: Moment) -> [Action] {
        steps.flatMap { step -> [Action] in
            switch step {
            case .play(let attempt): return self.play(attempt: attempt, at: moment)
            case .stop: return [.voicemail(.clear)]
            case .awaitSilence(let time): return [.start(.voicemail(.silence), after: time)]
            case .stopWaiting: return [.stop(.voicemail(.silence))]
            case .awaitMessage(let time): return [.start(.voicemail(.message), after: time)]
            case .done: return self.messageHeard()
            }
        }
    }

    private mutating func play(attempt: Int, at moment: Moment) -> [Action] {
        var actions: [Action] = [.stop(.voicemail(.message))]
        if self.callerIsSpeaking {
            // What the machine said is written down too; its turn detection is off.
            self.callerIsSpeaking = false
            actions.append(self.send(.commitAudio))
        }
        let itemID = self.newItemID("voicemail")
        self.mailbox?.itemID = itemID
        self.transcript.place(itemID, .turn(.assistant), after: nil, at: moment.date)
        self.transcript.setText(self.mailbox?.words ?? "", of: itemID)
        self.noteAnswer(Self.messageResponseID, itemID, hasAudio: true)
        return actions + [.voicemail(.play(itemID: itemID))]
    }

    private mutating func messageHeard() -> [Action] {
        let actions = self.noteRest(of: Self.messageResponseID)
        return actions + self.end(.voicemail)
    }

    /// Cuts the AI's answers as an interruption does; what was heard of a message stands in the transcript.
    private mutating func cutAll(_ cuts: [Playout.Cut]) -> [Action] {
        var actions = self.cut(cuts.filter { $0.responseID != Self.messageResponseID })
        for cut in cuts where cut.responseID == Self.messageResponseID {
            self.answers.removeAll { $0.itemID == cut.itemID }
            let heard = Self.wholeMilliseconds(min(cut.heard, cut.received))
            self.transcript.interrupt(cut.itemID, heard: heard, received: cut.received)
            actions.append(heard > .zero ? .turnChanged(itemID: cut.itemID) : .turnRemoved(itemID: cut.itemID))
        }
        return actions
    }
}

extension MessageDrop {
    /// What the carrier's detection says about the end of the greeting.
    fileprivate mutating func greetingEnded(by answer: AnsweredBy) -> [Action] {
        switch answer {
        case .machineEndBeep: self.handle(.greetingEnded(withBeep: true))
        case .machineEndSilence, .machineEndOther: self.handle(.greetingEnded(withBeep: false))
        case .human, .unknown, .fax, .machineStart: []
        }
    }
}
