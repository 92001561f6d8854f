import Foundation

/// What the earlier sessions of a call left in its journal.
package struct CallPast: Sendable {
    /// The call's end, which its record may not have yet.
    package struct End: Sendable, Equatable {
        package var reason: EndReason
        package var errorMessage: String?
        package var at: Date
    }

    /// The turns that hold words, by their order.
    package var turns: [(itemID: String, order: Double, line: TranscriptLine)]
    /// The call came to a talk.
    package var modelWasReady: Bool
    /// A carrier stream carried it.
    package var hadStream = false
    package var end: End?
    /// The number that the call was being handed to when the journal ends; its stream is not expected before that is over.
    package var transferTarget: String?
    /// A mailbox has answered for certain.
    package var mailboxWasFound = false

    package init(
        turns: [(itemID: String, order: Double, line: TranscriptLine)] = [],
        modelWasReady: Bool = false,
        end: End? = nil
    ) {
        self.turns = turns
        self.modelWasReady = modelWasReady
        self.end = end
    }

    /// Reads a journal, oldest entry first.
    package init(journal: some Sequence<JournalEntry>) {
        self.init()
        var turns: [String: (itemID: String, order: Double, line: TranscriptLine)] = [:]
        for entry in journal {
            switch entry.event {
            case .turn(let itemID, let order, let line): turns[itemID] = (itemID, order, line)
            case .turnRemoved(let itemID): turns[itemID] = nil
            case .modelReady: self.modelWasReady = true
            case .streamStarted:
                self.hadStream = true
                self.transferTarget = nil
            case .transferStarted(let number): self.transferTarget = number
            case .transferEnded: self.transferTarget = nil
            case .ended(let reason, let errorMessage):
                if self.end == nil { self.end = End(reason: reason, errorMessage: errorMessage, at: entry.at) }
            case .mailboxFound: self.mailboxWasFound = true
            case .streamEnded, .modelLost, .dtmf, .toolCall, .toolResult, .usage, .restarted, .optedOut: break
            }
        }
        self.turns = turns.values.sorted { ($0.order, $0.itemID) < ($1.order, $1.itemID) }
    }
}
