import Foundation
import Wire

/// Who said what, in the order of the conversation and as far as it was heard.
///
/// Turns are ordered by the model's item graph (`previous_item_id`), not by arrival: the caller's words are often
/// transcribed after the answer to them has begun. An interrupted answer is cut where the caller stopped hearing it; an
/// answer that was never heard is left out. Items are named as the present model session names them; an entry's own
/// identifier is unique in the call, also where two sessions use the same name.
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
        /// Its place was told by the model; where it was only supposed, it may still move.
        var isPlaced = false
        /// The caller said it, and the transcription has not come yet.
        var awaitsText = false
    }

    /// What an item's name stands for, and the model session that used it last.
    private struct Name: Sendable, Equatable {
        var entryID: String
        var session: Int
    }

    private var entries: [Entry] = []
    private var names: [String: Name] = [:]
    private var session = 0

    package init() {}

    /// Rebuilds a transcript from the turns that a journal holds.
    package init(restoring turns: [(itemID: String, order: Double, line: TranscriptLine)]) {
        for turn in turns.sorted(by: { $0.order < $1.order }) {
            var entry = Entry(itemID: turn.itemID, order: turn.order, content: .turn(turn.line.role), at: turn.line.at)
            entry.text = turn.line.content
            entry.isInterrupted = turn.line.interrupted
            entry.isPlaced = true
            self.entries.append(entry)
            // Of a session before this transcript.
            self.names[turn.itemID] = Name(entryID: turn.itemID, session: -1)
        }
    }

    // MARK: - What it holds

    /// The turns that hold words, in order.
    package var lines: [TranscriptLine] { self.entries.compactMap { self.line($0) } }

    /// The turns that hold words, as a journal keeps them.
    package var turns: [(itemID: String, order: Double, line: TranscriptLine)] {
        self.entries.compactMap { entry in self.line(entry).map { (entry.itemID, entry.order, $0) } }
    }

    /// Everything that a new model session must know, oldest first.
    package var history: [(entry: Entry, line: TranscriptLine?)] {
        self.entries.filter { !$0.isRemoved }
            .compactMap { entry in
                if case .turn = entry.content {
                    guard let line = self.line(entry) else { return nil }
                    return (entry, line)
                }
                return (entry, nil)
            }
    }

    /// Who has the last turn, whether its words are known or not.
    package var lastSpeaker: TranscriptLine.Role? {
        for entry in self.entries.reversed() where !entry.isRemoved {
            if case .turn(let role) = entry.content { return role }
        }
        return nil
    }

    /// One side said something.
    package var hasWords: Bool { !self.lines.isEmpty }

    /// The caller said something that is still being transcribed.
    package var awaitsText: Bool { self.entries.contains(where: \.awaitsText) }

    package func contains(_ itemID: String) -> Bool { self.index(of: itemID) != nil }

    /// The present model session knows the item by this name.
    package func isCurrent(_ itemID: String) -> Bool { self.names[itemID]?.session == self.session }

    /// The item is this very tool call of the present session.
    package func holdsCall(_ itemID: String, callID: String) -> Bool {
        guard self.isCurrent(itemID), let index = self.index(of: itemID),
            case .toolCall(callID, _, _) = self.entries[index].content
        else { return false }
        return true
    }

    /// The entry that an item's name stands for: its identifier in the journal.
    package func entryID(of itemID: String) -> String? { self.names[itemID]?.entryID }

    package func line(of itemID: String) -> TranscriptLine? {
        self.index(of: itemID).flatMap { self.line(self.entries[$0]) }
    }

    package func order(of itemID: String) -> Double? { self.index(of: itemID).map { self.entries[$0].order } }

    /// The item was cut where the caller stopped hearing it.
    package func isInterrupted(_ itemID: String) -> Bool {
        self.index(of: itemID).map { self.entries[$0].isInterrupted } ?? false
    }

    // MARK: - What happens

    /// A new model session begins: names that it uses are its own.
    package mutating func beginSession() { self.session += 1 }

    /// Declares that `itemID` of the present model session is the entry `entryID` of an earlier one.
    package mutating func alias(_ itemID: String, for entryID: String) {
        self.names[itemID] = Name(entryID: entryID, session: self.session)
    }

    /// Puts an item in its place: after `previousItemID`, or at the end as long as that is not known.
    ///
    /// - Returns: A turn with words moved: its order in the journal is another one now.
    @discardableResult
    package mutating func place(
        _ itemID: String,
        _ content: Entry.Content,
        after previousItemID: String?,
        at date: Date
    ) -> Bool {
        guard self.isCurrent(itemID), let known = self.index(of: itemID) else {
            let previous = previousItemID.flatMap { self.index(of: $0) }
            let index = previous ?? self.entries.count - 1
            var entry = Entry(
                itemID: self.uniqueID(itemID),
                order: self.orderAfter(index),
                content: content,
                at: date
            )
            entry.isPlaced = previous != nil
            entry.awaitsText = content == .turn(.user)
            self.names[itemID] = Name(entryID: entry.itemID, session: self.session)
            self.entries.insert(entry, at: index + 1)
            return false
        }
        // Announced before its place was known: `speech_started` comes before `committed`.
        guard !self.entries[known].isPlaced, let previous = previousItemID.flatMap({ self.index(of: $0) }),
            previous != known
        else { return false }
        self.entries[known].isPlaced = true
        guard previous != known - 1 else { return false }
        var entry = self.entries.remove(at: known)
        let index = previous > known ? previous - 1 : previous
        entry.order = self.orderAfter(index)
        self.entries.insert(entry, at: index + 1)
        return self.line(entry) != nil
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

    /// No transcription comes any more: the session that wrote it is gone.
    package mutating func giveUpWaiting() {
        for index in self.entries.indices { self.entries[index].awaitsText = false }
    }

    private func index(of itemID: String) -> Int? {
        guard let entryID = self.names[itemID]?.entryID else { return nil }
        return self.entries.lastIndex { $0.itemID == entryID }
    }

    /// The name itself, unless an earlier session used it for something else.
    private func uniqueID(_ itemID: String) -> String {
        var candidate = itemID
        var count = 1
        while self.entries.contains(where: { $0.itemID == candidate }) {
            count += 1
            candidate = "\(itemID)~\(count)"
        }
        return candidate
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
