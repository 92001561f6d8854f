import Foundation
import Wire

/// The message for a mailbox: a response beside the conversation, whose sound is kept until it is wanted.
extension Conversation {
    mutating func orderMessage() -> [Action] {
        guard self.isModelReady, self.mailbox?.message == MailboxWatch.Message.none else { return [] }
        let request = ModelResponseRequest(
            instructions: self.script.voicemailMessage,
            metadata: ["purpose": Self.purpose],
            toolChoice: ModelResponseRequest.ToolChoice.none,
            outOfBand: true
        )
        // Beside the conversation: the slot and its last request are not concerned.
        self.eventCount += 1
        let eventID = "c_\(self.eventCount)"
        self.mailbox?.message = .asked(eventID: eventID)
        return [.send(.createResponse(request), eventID: eventID)]
    }

    mutating func withdrawMessage(_ message: MailboxWatch.Message) -> [Action] {
        guard case .running(let responseID) = message else { return [] }
        return self.cancel(responseID)
    }

    mutating func loseMessage() {
        self.mailbox?.message = .none
        self.mailbox?.hasSound = false
        self.mailbox?.words = ""
    }

    /// Takes what concerns the message; nil for everything else.
    mutating func produce(_ event: ModelEvent) -> [Action]? {
        if case .responseCreated(let id, let metadata) = event, metadata["purpose"] == Self.purpose {
            // Asked for before a person was found there: nobody is to hear it.
            guard case .asked? = self.mailbox?.message else { return self.cancel(id) }
            self.mailbox?.message = .running(responseID: id)
            return []
        }
        switch self.mailbox?.message {
        case .asked(let eventID)?:
            guard case .error(let error) = event, error.eventID == eventID else { return nil }
            return self.retryMessage()
        case .running(let responseID)?: return self.produce(event, by: responseID)
        case .some(.none), .whole?, nil: return nil
        }
    }

    private mutating func produce(_ event: ModelEvent, by responseID: String) -> [Action]? {
        switch event {
        case .transcriptDelta(responseID, _, let text):
            self.mailbox?.words += text
            self.showWords()
            return []
        case .transcriptDone(responseID, _, let text):
            self.mailbox?.words = text
            self.showWords()
            return []
        case .functionCall(let call) where call.responseID == responseID: return []
        case .responseDone(let result) where result.id == responseID:
            self.finished.insert(responseID)
            let used: [Action] = result.usage.map { [.used($0)] } ?? []
            // What was cut at the limit of a response is a message still.
            guard self.mailbox?.hasSound == true, result.status != .failed || self.isPlayingMessage else {
                return used + [.voicemail(.dropMessage)] + self.retryMessage()
            }
            self.mailbox?.message = .whole
            return used + [.voicemail(.messageIsWhole)]
        default: return nil
        }
    }

    private mutating func retryMessage() -> [Action] {
        self.loseMessage()
        self.mailbox?.failures += 1
        guard (self.mailbox?.failures ?? 0) < Self.productionLimit else {
            return self.isLeavingMessage ? [self.endWithout("the voice model produced none")] : []
        }
        return self.orderMessage()
    }

    mutating func endWithout(_ why: String) -> Action {
        self.phase = .ended
        return .voicemail(.endWithout("A mailbox answered, and no message was left on it: \(why)."))
    }

    var isPlayingMessage: Bool {
        if case .leavingMessage(let drop) = self.phase { drop.isPlaying } else { false }
    }

    /// The words of what is being played.
    private mutating func showWords() {
        guard let mailbox = self.mailbox, let itemID = mailbox.itemID, self.isPlayingMessage else { return }
        self.transcript.setText(mailbox.words, of: itemID)
    }
}
