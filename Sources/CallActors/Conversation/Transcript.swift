import Foundation
import Wire

/// Who said what, in the order of the conversation and as far as it was heard.
///
/// Turns are ordered by the model's item graph (`previous_item_id`), not by arrival: the caller's words are often
/// transcribed after the answer to them has begun. An interrupted answer is cut where the caller stopped hearing it; an
/// answer that was never heard is left out.
package struct Transcript: Sendable, Equatable {
    /// One place in the conversation: a turn of either side, or a tool call and its answer.
    package struct Entry: Sendable, Equatable {
        package enum Content: Sendable, Equatable {
            case turn(TranscriptLine.Role)
            case toolCall(callID: String, name: String, arguments: String)
            case toolResult(callID: String, output: String)
        }

        package var itemID: String
        package var order: Double
        package var content: Content
        package var at: Date
        /// What the model or the transcription wrote so far.
        var text = ""
        /// The share of `text` that was heard; nil: all of it.
        var heardShare: Double?
        var isInterrupted = false
        var isRemoved = false
        /// The caller said it, and the transcription has not come yet.
        var awaitsText = false
    }

    private var entries: [Entry] = []
    /// Items of a later model session that stand for an entry of an earlier one.
    private var aliases: [String: String] = [:]

    package init() {}

    /// Rebuilds a transcript from the turns that a journal holds.
    package init(restoring turns: [(itemID: String, order: Double, line: TranscriptLine)]) {
        for turn in turns.sorted(by: { $0.order < $1.order }) {
            var entry = Entry(itemID: turn.itemID, order: turn.order, content: .turn(turn.line.role), at: turn.line.at)
            entry.text = turn.line.content
            entry.isInterrupted = turn.line.interrupted
            self.entries.append(entry)
        }
    }

    /// The turns that hold words, in order.
    package var lines: [TranscriptLine] { self.entries.compactMap { self.line($0) } }

    /// Everything that a new model session must know, oldest first.
    package var history: [(entry: Entry, line: TranscriptLine?)] {
        self.entries.filter { !$0.isRemoved }.compactMap { entry in
            if case .turn = entry.content {
                guard let line = self.line(entry) else { return nil }
                return (entry, line)
            }
            return (entry, nil)
        }
    }

    /// The last word was the caller's.
    package var endsWithCaller: Bool { self.lines.last?.role == .user }

    /// One side said something.
    package var hasWords: Bool { !self.lines.isEmpty }

    /// The caller said something that is still being transcribed.
    package var awaitsText: Bool { self.entries.contains(where: \.awaitsText) }

    /// No transcription comes any more: the session that wrote it is gone.
    package mutating func giveUpWaiting() {
        for index in self.entries.indices { self.entries[index].awaitsText = false }
    }

    package func contains(_ itemID: String) -> Bool { self.index(of: itemID) != nil }

    package func line(of itemID: String) -> TranscriptLine? { self.index(of: itemID).flatMap { self.line(self.entries[$0]) } }

    package func order(of itemID: String) -> Double? { self.index(of: itemID).map { self.entries[$0].order } }

    /// Declares that `itemID` of the present model session is the entry `original` of an earlier one.
    package mutating func alias(_ itemID: String, for original: String) { self.aliases[itemID] = original }

    /// Puts an item in its place: after `previousItemID`, or at the end where that is not known.
    package mutating func place(_ itemID: String, _ content: Entry.Content, after previousItemID: String?, at: Date) {
        if let known = self.index(of: itemID) {
            // Announced before its place was known: `speech_started` comes before `committed`.
            guard let previous = previousItemID.flatMap({ self.index(of: $0) }), previous > known else { return }
            var entry = self.entries.remove(at: known)
            entry.order = self.orderAfter(previous - 1)
            self.entries.insert(entry, at: previous)
            return
        }
        let previous = previousItemID.flatMap { self.index(of: $0) } ?? self.entries.count - 1
        var entry = Entry(itemID: itemID, order: self.orderAfter(previous), content: content, at: at)
        entry.awaitsText = content == .turn(.user)
        self.entries.insert(entry, at: previous + 1)
    }

    /// Replaces the words of a turn.
    package mutating func setText(_ text: String, of itemID: String) {
        guard let index = self.index(of: itemID) else { return }
        self.entries[index].text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        self.entries[index].awaitsText = false
    }

    package mutating func appendText(_ text: String, to itemID: String) {
        guard let index = self.index(of: itemID) else { return }
        self.entries[index].text += text
    }

    /// Cuts an answer at what was heard of it.
    package mutating func interrupt(_ itemID: String, heard: Duration, received: Duration) {
        guard let index = self.index(of: itemID) else { return }
        self.entries[index].isInterrupted = true
        self.entries[index].heardShare = received > .zero ? min(1, heard / received) : 0
        if heard == .zero { self.entries[index].isRemoved = true }
    }

    package mutating func remove(_ itemID: String) {
        guard let index = self.index(of: itemID) else { return }
        self.entries[index].isRemoved = true
        self.entries[index].awaitsText = false
    }

    private func index(of itemID: String) -> Int? {
        let name = self.aliases[itemID] ?? itemID
        return self.entries.lastIndex { $0.itemID == name }
    }

    /// An order number between the entry at `index` and the one behind it.
    private func orderAfter(_ index: Int) -> Double {
        let before = index >= 0 && index < self.entries.count ? self.entries[index].order : 0
        guard index + 1 < self.entries.count else { return before + 1 }
        return (before + self.entries[index + 1].order) / 2
    }

    private func line(_ entry: Entry) -> TranscriptLine? {
        guard case .turn(let role) = entry.content, !entry.isRemoved else { return nil }
        let words = entry.heardShare.map { Self.prefix(of: entry.text, share: $0) } ?? entry.text
        let content = words.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !content.isEmpty else { return nil }
        return TranscriptLine(role: role, content: content, at: entry.at, interrupted: entry.isInterrupted)
    }

    /// The part of `text` that fits into `share` of its length, cut back to a whole word.
    static func prefix(of text: String, share: Double) -> String {
        guard share < 1 else { return text }
        let count = Int((Double(text.count) * max(0, share)).rounded(.down))
        let cut = text.index(text.startIndex, offsetBy: count)
        if cut == text.endIndex || text[cut].isWhitespace { return String(text[..<cut]) }
        guard let space = text[..<cut].lastIndex(where: \.isWhitespace) else { return "" }
        return String(text[..<space])
    }
}
