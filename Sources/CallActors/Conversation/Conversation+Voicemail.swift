import Foundation
import Wire

/// Looking for a mailbox while the AI talks as to a person.
extension Conversation {
    /// What is heard of a mailbox.
    package enum VoicemailEvent: Sendable {
        /// The carrier's detection has a result.
        case answered(AnsweredBy)
        case line(LineEvent)
        /// The first sound of the message is there.
        case messageArrived
        /// The sound of the message is of no use any more.
        case messageLost
        /// The playout was cleared; `cuts` is what was not heard to its end.
        case cleared(cuts: [Playout.Cut])
        /// No voice model will come any more.
        case modelGivenUp
    }

    /// What must be done about a mailbox.
    package enum VoicemailAction: Sendable, Equatable {
        /// Throws away what has not been heard, and tells what that was.
        case clear
        /// Plays the message from its beginning, as this item.
        case play(itemID: String)
        /// All sound of the message is there.
        case messageIsWhole
        /// Throws away the sound of a message that will never be whole.
        case dropMessage
        /// No mailbox any more: stops listening and frees the message.
        case forget
        /// Ends the call without a message; the text is for operators.
        case endWithout(String)
    }

    package enum VoicemailTimer: Sendable, Hashable {
        /// The line has been silent for long enough.
        case silence
        /// The message should be there.
        case message
        /// A mailbox gets no more time.
        case deadline
    }

    /// The response identifier of the message in the playout.
    package static let messageResponseID = "voicemail"
    /// The purpose of its response.
    static let purpose = "voicemail"
    static let productionLimit = 3

    /// A mailbox has answered for certain: what is heard on the line interrupts nothing.
    package var isLeavingMessage: Bool { if case .leavingMessage = self.phase { true } else { false } }

    /// The line's audio is wanted: a mailbox is possible, or has been found.
    package var listensToLine: Bool {
        guard let mailbox = self.mailbox, self.phase != .ended else { return false }
        return self.isLeavingMessage || mailbox.judge.verdict != .human
    }

    /// All sound of the message is there.
    var isMessageWhole: Bool { self.mailbox?.message == .whole }

    /// The response is the message: its sound is kept, not played.
    package func isMessage(_ responseID: String) -> Bool {
        if case .running(responseID)? = self.mailbox?.message { true } else { false }
    }

    /// The reason that a call ends for, by what is known of it: a mailbox that hangs up is a mailbox still.
    package func reason(for reason: EndReason) -> EndReason {
        guard self.isLeavingMessage else { return reason }
        switch reason {
        case .callerHangup, .aiHangup, .modelFailed, .streamLost, .stale, .maxDuration, .maxCost: return .voicemail
        case .operatorHangup, .transferred, .voicemail, .noAnswer, .busy, .carrierFailed, .optedOut, .drained, .crashed:
            return reason
        }
    }

    // MARK: - While the AI talks as to a person

    mutating func handle(voicemail event: VoicemailEvent, at moment: Moment) -> [Action] {
        switch event {
        case .answered(let answer):
            self.mailbox?.judge.answered(by: answer)
            return self.decide(at: moment)
        case .line(let line):
            self.mailbox?.judge.hear(line)
            return self.decide(at: moment)
        case .messageArrived: self.mailbox?.hasSound = true
        case .messageLost: self.loseMessage()
        case .cleared, .modelGivenUp: break
        }
        return []
    }

    /// What the model says, and what it tells of the far end.
    mutating func watch(_ event: ModelEvent, at moment: Moment) -> [Action] {
        if let actions = self.produce(event) { return actions }
        let actions = self.handle(model: event, at: moment)
        guard case .callerTranscript(_, let text, _) = event, self.phase == .talking, self.mailbox != nil else {
            return actions
        }
        self.mailbox?.judge.read(text)
        return actions + self.decide(at: moment)
    }

    /// The model wants to hang up because of a mailbox: where anything else says so too, the message is left.
    ///
    /// - Returns: nil where nothing does, and the call just ends.
    mutating func modelSaysMailbox(_ call: ModelFunctionCall, at moment: Moment) -> [Action]? {
        guard self.mailbox != nil else { return nil }
        self.mailbox?.judge.modelSaysMailbox()
        guard case .certain? = self.mailbox?.judge.verdict else { return nil }
        return self.answer(callID: call.callID, output: #"{"status":"ok"}"#, at: moment) + self.decide(at: moment)
    }

    private mutating func decide(at moment: Moment) -> [Action] {
        guard let mailbox = self.mailbox else { return [] }
        switch (mailbox.judge.verdict, self.phase) {
        case (.suspect, .talking): return self.orderMessage()
        case (.certain(let witness), .talking), (.certain(let witness), .hangingUp(.voicemail, _, _)):
            return self.switchOver(witness, at: moment)
        case (.human, _):
            self.mailbox = nil
            return self.withdrawMessage(mailbox.message) + [.voicemail(.forget)]
        // Nothing is decided, or the call is ending for another reason.
        case (.undecided, _), (.suspect, _), (.certain, _): return []
        }
    }
}
