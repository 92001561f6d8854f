import Foundation

/// One thing that happened in a call.
///
/// The journal is append-only: transcript, outcome and recovery all read from it.
package struct JournalEntry: Sendable, Equatable, Codable {
    package enum Event: Sendable, Equatable, Codable {
        /// A carrier stream was attached; its format's codec name and the stream's SID.
        case streamStarted(streamSID: String, callSID: String?)
        /// The stream is gone and the call waits for the next one; the reason that the call gets if none comes.
        case streamEnded(EndReason)
        /// The model session is ready for the first (or a further) time.
        case modelReady
        case modelLost(reason: String)
        /// A turn of the transcript appeared or changed. `order` sorts the turns; the newest entry of an item counts.
        case turn(itemID: String, order: Double, line: TranscriptLine)
        /// An item turned out never to have been heard.
        case turnRemoved(itemID: String)
        case dtmf(digit: String)
        case toolCall(callID: String, name: String, arguments: String)
        case toolResult(callID: String, output: String)
        /// What the call has used so far, in total: the newest entry counts.
        case usage(CallUsage)
        /// The call is being handed to this number: the stream goes, and comes back only if nobody answers there.
        case transferStarted(to: String)
        case transferEnded(answered: Bool)
        /// The far party asked not to be called again.
        case optedOut(number: String)
        /// A mailbox was taken for certain; the witness that settled it.
        case mailboxFound(witness: String)
        /// The session failed and was restarted from this journal.
        case restarted(count: Int)
        /// The call ended: the one and only end.
        case ended(EndReason, errorMessage: String?)
    }

    package var at: Date
    package var event: Event

    package init(at: Date, event: Event) {
        self.at = at
        self.event = event
    }
}
