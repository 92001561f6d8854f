import Foundation
import Logging
import NIOCore
import Wire

/// What one call hears of a mailbox, and the sound of the message for it.
struct VoicemailDesk {
    /// Listens to the line; nil before the first audio, and once no mailbox is looked for.
    var ear: LineEar?
    /// The message's sound as the model sent it.
    var tape: [ByteBuffer] = []
    var tapeByteCount = 0
    var format: AudioFormat?
    var isWhole = false
    /// The item as which it is being played.
    var playing: String?

    /// More of a message is not kept: nobody listens longer to a mailbox.
    static let longest = Duration.seconds(40)
}

/// Mailboxes, as the session sees them: audio in, the message out. ``Conversation`` decides.
extension CallSession {
    /// The carrier's answering machine detection has a result.
    package func detected(_ answeredBy: AnsweredBy) { self.tell(.voicemail(.answered(answeredBy))) }

    /// Listens to one piece of the far end's audio, while a mailbox is possible.
    func listen(to payload: ByteBuffer) {
        guard self.conversation.listensToLine, let format = self.format else { return }
        if self.voicemail.ear?.format != format { self.voicemail.ear = LineEar(format: format) }
        // Two at most come of one frame.
        var first: LineEvent?
        var second: LineEvent?
        self.voicemail.ear?.hear(base64: payload) { event in
            if first == nil { first = event } else { second = event }
        }
        if let first { self.tell(.voicemail(.line(first))) }
        if let second { self.tell(.voicemail(.line(second))) }
    }

    /// Keeps a piece of the message's sound, and plays it where the message is being played already.
    func keep(_ audio: ByteBuffer) {
        guard let format = self.format else { return }
        let limit = format.byteCount(of: VoicemailDesk.longest)
        guard self.voicemail.tapeByteCount + audio.readableBytes <= limit else { return }
        self.voicemail.tape.append(audio)
        self.voicemail.tapeByteCount += audio.readableBytes
        self.voicemail.format = format
        if let itemID = self.voicemail.playing {
            self.playout?.enqueue(
                responseID: Conversation.messageResponseID,
                itemID: itemID,
                audio: audio,
                at: .now
            )
            self.pump(due: .now)
        }
        if self.voicemail.tape.count == 1 { self.tell(.voicemail(.messageArrived)) }
    }

    func perform(voicemail action: Conversation.VoicemailAction) {
        switch action {
        case .clear:
            self.voicemail.playing = nil
            // Not by `tell`: what is to be played next may be a later action of the same decision.
            let moment = Conversation.Moment(date: Date(), isSilent: false)
            let cuts = self.clearPlayout(readAt: nil)
            for action in self.conversation.handle(.voicemail(.cleared(cuts: cuts)), at: moment) {
                self.perform(action)
            }
        case .play(let itemID): self.play(itemID)
        case .messageIsWhole:
            self.voicemail.isWhole = true
            guard let itemID = self.voicemail.playing else { return }
            self.playout?.finish(itemID: itemID)
            self.pump(due: .now)
        case .dropMessage: self.dropTape()
        case .forget: self.voicemail = VoicemailDesk()
        case .endWithout(let why):
            self.logger.info("a mailbox answered and got no message")
            self.end(.voicemail, errorMessage: why)
        }
    }

    private func play(_ itemID: String) {
        // A stream of another format came meanwhile.
        guard self.voicemail.format == self.format else {
            self.dropTape()
            return self.tell(.voicemail(.messageLost))
        }
        self.voicemail.playing = itemID
        self.voicemail.ear?.expectSilence()
        for audio in self.voicemail.tape {
            self.playout?.enqueue(
                responseID: Conversation.messageResponseID,
                itemID: itemID,
                audio: audio,
                at: .now
            )
        }
        if self.voicemail.isWhole { self.playout?.finish(itemID: itemID) }
        self.pump(due: .now)
    }

    private func dropTape() {
        self.voicemail.tape = []
        self.voicemail.tapeByteCount = 0
        self.voicemail.isWhole = false
    }
}
