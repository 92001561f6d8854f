import CallActors
import Foundation

/// What a call's journal amounts to: its transcript, its usage and its end.
///
/// Entries are added in the journal's order. A value without a clock or a store, so that a live call, a recovered one
/// and a test all read the same from the same entries.
package struct JournalFold: Sendable, Equatable {
    /// The one and only end of a call.
    package struct End: Sendable, Equatable {
        package var reason: EndReason
        package var errorMessage: String?
        package var at: Date
    }

    private struct Turn: Sendable, Equatable {
        var order: Double
        /// Settles equal orders: the item that appeared first comes first.
        var appearance: Int
        var line: TranscriptLine
    }

    private var turns: [String: Turn] = [:]
    private var appearances = 0
    /// The newest usage entry, which states the call's total so far; nil before the first.
    package private(set) var usage: CallUsage?
    /// The model session was ready at least once.
    package private(set) var modelWasReady = false
    /// nil while the call lives; a second `ended` entry changes nothing.
    package private(set) var end: End?

    package init() {}

    package init(_ entries: some Sequence<JournalEntry>) {
        for entry in entries { self.add(entry) }
    }

    /// Takes the next entry.
    package mutating func add(_ entry: JournalEntry) {
        switch entry.event {
        case .turn(let itemID, let order, let line):
            let appearance = self.turns[itemID]?.appearance ?? self.appearances
            if appearance == self.appearances { self.appearances += 1 }
            self.turns[itemID] = Turn(order: order, appearance: appearance, line: line)
        case .turnRemoved(let itemID):
            self.turns[itemID] = nil
        case .usage(let usage):
            self.usage = usage
        case .modelReady:
            self.modelWasReady = true
        case .ended(let reason, let errorMessage):
            if self.end == nil { self.end = End(reason: reason, errorMessage: errorMessage, at: entry.at) }
        case .streamStarted, .streamEnded, .modelLost, .dtmf, .toolCall, .toolResult, .restarted, .transferStarted,
            .transferEnded, .optedOut, .mailboxFound:
            break
        }
    }

    /// The turns by their order; of equal ones the item that appeared first comes first.
    package var transcript: [TranscriptLine] {
        self.turns.values
            .sorted { ($0.order, $0.appearance) < ($1.order, $1.appearance) }
            .map(\.line)
    }

    /// `record` with what the journal knows better: a call that is over keeps what its record says.
    package func applied(to record: CallRecord) -> CallRecord {
        guard !record.status.isTerminal else { return record }
        var record = record
        if !self.turns.isEmpty { record.transcript = self.transcript }
        if let usage = self.usage { record.usage = usage }
        if let end = self.end {
            record.endReason = record.endReason ?? end.reason
            record.errorMessage = record.errorMessage ?? end.errorMessage
            record.endedAt = record.endedAt ?? end.at
        }
        return record
    }
}
