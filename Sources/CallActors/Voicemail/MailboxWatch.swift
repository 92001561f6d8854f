import Foundation

/// What one call knows of a mailbox on its far end, and of the message that is for it.
package struct MailboxWatch: Sendable, Equatable {
    /// Where the message comes from: a response out of band, whose sound is kept.
    enum Message: Sendable, Equatable {
        case none
        /// Asked for by the event of this identifier.
        case asked(eventID: String)
        /// Is being produced by this response.
        case running(responseID: String)
        /// All of it is there.
        case whole
    }

    var judge = MailboxJudge()
    var message = Message.none
    /// Some of its sound is there.
    var hasSound = false
    /// What it says.
    var words = ""
    /// The item that is being played, or was last.
    var itemID: String?
    var failures = 0
    /// An earlier session of this call found the mailbox.
    package let wasFoundBefore: Bool

    /// - Parameter wasFoundBefore: An earlier session of this call found the mailbox.
    package init(wasFoundBefore: Bool = false) { self.wasFoundBefore = wasFoundBefore }

    /// Looks for a mailbox on calls that we placed, at their beginning, and while nobody has talked with us.
    ///
    /// - Parameters:
    ///   - record: The call.
    ///   - past: What its earlier sessions left.
    package init?(for record: CallRecord, past: CallPast) {
        guard record.direction == .outbound else { return nil }
        self.init(wasFoundBefore: past.mailboxWasFound)
        guard !past.mailboxWasFound else { return }
        if let answer = record.answeredBy { self.judge.answered(by: AnsweredBy(reported: answer)) }
        for turn in past.turns {
            switch turn.line.role {
            case .assistant: self.judge.assistantSpoke()
            case .user: self.judge.read(turn.line.content)
            }
        }
        if self.judge.verdict == .human { return nil }
    }
}
