import Foundation
import Wire

@testable import CallActors

/// What gives a mailbox away.
enum MailboxWitness: CaseIterable {
    case words, beep, carrier, greeting

    /// Too short to be a greeting by its length.
    static let shortGreeting = "Leave a message after the tone."
}

extension Talk {
    /// A call of ours whose AI has greeted; the far end speaks.
    static func calledOut() -> Talk {
        var talk = Talk(mailbox: MailboxWatch())
        talk.tell(.modelReady)
        talk.answer("greet", item: "hello", "Hello, is this Mr Miller?")
        return talk
    }

    @discardableResult
    mutating func notice(_ witness: MailboxWitness) -> [Conversation.Action] {
        switch witness {
        case .words: self.callerSays(MailboxWitness.shortGreeting, item: "u1")
        case .beep: self.line(.beepEnded(at: .seconds(9)))
        case .carrier: self.tell(.voicemail(.answered(.machineEndOther)))
        case .greeting:
            self.line(.speechBegan(at: .seconds(1))) + self.line(.speechGoesOn(at: .seconds(7)))
                + self.line(.speechPaused(at: .seconds(8)))
        }
    }

    @discardableResult
    mutating func line(_ event: LineEvent) -> [Conversation.Action] { self.tell(.voicemail(.line(event))) }

    /// The message is produced: its response begins, sounds, is over.
    @discardableResult
    mutating func produce(_ response: String = "vm", isWhole: Bool = true) -> [Conversation.Action] {
        var actions = self.create(response, metadata: ["purpose": "voicemail"])
        actions += self.model(.transcriptDelta(responseID: response, itemID: "x", text: "Please call us "))
        actions += self.tell(.voicemail(.messageArrived))
        guard isWhole else { return actions }
        actions += self.model(.transcriptDone(responseID: response, itemID: "x", text: "Please call us back."))
        return actions + self.done(response)
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
