import CallActors
import Foundation

/// Journal entries that are not on disk yet, in order per call, bounded.
///
/// What gives way, in this order, once the entries pass a bound:
/// 1. Past `softLimit`, a call that appends loses its superseded entries: earlier versions of a turn (or turns since
///    removed) and earlier usage totals. The fold of the journal stays the same; only its history is shorter.
/// 2. At twice that, the calls whose entries wait longest lose all of them but their stream starts, their newest usage
///    and their end; where even that is not enough, everything. What is lost is counted in ``lostCount``.
///
/// In normal times neither happens: a commit empties the buffer every 50 ms.
package struct JournalBuffer: Sendable {
    /// One waiting entry.
    package struct Pending: Sendable, Equatable {
        /// Grows with every entry of the process, across restarts.
        package var sequence: Int64
        package var appendedAt: ContinuousClock.Instant
        package var entry: JournalEntry
    }

    /// Entries to be written in one transaction: a prefix of what each of its calls waits for.
    package struct Batch: Sendable {
        package var calls: [(callID: String, entries: [Pending])] = []
        package var count = 0
        package var isEmpty: Bool { self.count == 0 }
    }

    private struct Line: Sendable {
        var entries: [Pending] = []
        /// The length at which coalescing is tried again: doubled after each try, so that it costs O(1) per entry.
        var coalesceAt = 16
    }

    private let softLimit: Int
    private var lines: [String: Line] = [:]
    /// Each call that waits, once; the longest-waiting first.
    private var waiting: [String] = []
    private var nextSequence: Int64
    /// Entries that wait.
    package private(set) var count = 0
    /// Entries given up at the hard limit since the start.
    package private(set) var lostCount = 0

    /// An empty buffer.
    ///
    /// - Parameters:
    ///   - softLimit: Entries from which superseded ones are coalesced; 100,000 entries are some 50 MB.
    ///   - firstSequence: Larger than every sequence number on disk.
    package init(softLimit: Int = 100_000, firstSequence: Int64) {
        self.softLimit = softLimit
        self.nextSequence = firstSequence
    }

    /// Takes an entry for `callID`.
    package mutating func append(_ entry: JournalEntry, to callID: String, at now: ContinuousClock.Instant) {
        if self.count >= 2 * self.softLimit { self.shed() }
        let pending = Pending(sequence: self.nextSequence, appendedAt: now, entry: entry)
        self.nextSequence += 1
        self.count += 1
        let isFirst = Self.append(pending, to: &self.lines[callID, default: Line()])
        if isFirst { self.waiting.append(callID) }
        if self.count > self.softLimit { self.coalesce(callID) }
    }

    private static func append(_ pending: Pending, to line: inout Line) -> Bool {
        line.entries.append(pending)
        return line.entries.count == 1
    }

    /// The entries that `callID` waits for, in order.
    package func entries(of callID: String) -> [Pending] { self.lines[callID]?.entries ?? [] }

    /// The oldest entry's number; nil where none waits.
    package var firstSequence: Int64? { self.lines.values.lazy.compactMap(\.entries.first?.sequence).min() }

    /// The newest entry's number; nil where none waits.
    package var lastSequence: Int64? { self.count > 0 ? self.nextSequence - 1 : nil }

    /// How long the oldest entry has waited; zero where none does.
    package func oldestAge(at now: ContinuousClock.Instant) -> Duration {
        let oldest = self.lines.values.lazy.compactMap(\.entries.first?.appendedAt).min()
        return oldest.map { max(.zero, $0.duration(to: now)) } ?? .zero
    }

    /// The next entries to write, those of the longest-waiting calls first.
    ///
    /// They stay here until ``remove(_:)``.
    package func batch(limit: Int) -> Batch {
        var batch = Batch()
        for callID in self.waiting {
            guard batch.count < limit else { break }
            let entries = Array(self.entries(of: callID).prefix(limit - batch.count))
            batch.count += entries.count
            batch.calls.append((callID, entries))
        }
        return batch
    }

    /// Forgets a batch that is on disk.
    package mutating func remove(_ batch: Batch) {
        for (callID, written) in batch.calls {
            guard let last = written.last?.sequence, var line = self.lines.removeValue(forKey: callID) else { continue }
            let before = line.entries.count
            line.entries.removeAll { $0.sequence <= last }
            self.count -= before - line.entries.count
            if !line.entries.isEmpty { self.lines[callID] = line }
        }
        // The calls of a batch are the head of the queue, and nobody moves ahead of them. What came in meanwhile for
        // them waits behind the others.
        let written = Set(batch.calls.map(\.callID))
        let head = self.waiting.prefix(written.count)
        let again = head.filter { written.contains($0) && self.lines[$0] != nil }
        self.waiting.replaceSubrange(head.indices, with: head.filter { !written.contains($0) })
        self.waiting.append(contentsOf: again)
    }

    /// Forgets what `callID` waits for, without counting it as lost: it belongs to an attempt that is over.
    package mutating func forget(_ callID: String) {
        guard let line = self.lines.removeValue(forKey: callID) else { return }
        self.count -= line.entries.count
        self.waiting.removeAll { $0 == callID }
    }

    private mutating func coalesce(_ callID: String) {
        guard var line = self.lines[callID], line.entries.count >= line.coalesceAt else { return }
        let before = line.entries.count
        line.entries = Self.withoutSuperseded(line.entries)
        line.coalesceAt = max(16, 2 * line.entries.count)
        self.count -= before - line.entries.count
        self.lines[callID] = line
    }

    /// Leaves out earlier versions of turns and usage totals: the fold of the rest is the same.
    private static func withoutSuperseded(_ entries: [Pending]) -> [Pending] {
        var seenItems: Set<String> = []
        var hasUsage = false
        var kept: [Pending] = []
        for pending in entries.reversed() {
            switch pending.entry.event {
            case .turn(let itemID, _, _), .turnRemoved(let itemID):
                // The first appearance settles equal orders only; the order itself is in the entry that stays.
                if seenItems.insert(itemID).inserted { kept.append(pending) }
            case .usage:
                if !hasUsage { kept.append(pending) }
                hasUsage = true
            case .streamStarted, .streamEnded, .modelReady, .modelLost, .dtmf, .toolCall, .toolResult, .restarted,
                .ended, .transferStarted, .transferEnded, .optedOut, .mailboxFound:
                kept.append(pending)
            }
        }
        return kept.reversed()
    }

    /// Makes room for a tenth of the soft limit at once, so that it costs little per entry.
    private mutating func shed() {
        let goal = 2 * self.softLimit - max(1, self.softLimit / 10)
        for keepsEssentials in [true, false] {
            for callID in self.waiting {
                guard self.count > goal else { break }
                self.shed(callID, keepsEssentials: keepsEssentials)
            }
        }
        self.waiting.removeAll { self.lines[$0] == nil }
    }

    private mutating func shed(_ callID: String, keepsEssentials: Bool) {
        guard var line = self.lines.removeValue(forKey: callID) else { return }
        let before = line.entries.count
        line.entries = keepsEssentials ? Self.withoutSuperseded(line.entries).filter(Self.isEssential) : []
        self.count -= before - line.entries.count
        self.lostCount += before - line.entries.count
        if !line.entries.isEmpty { self.lines[callID] = line }
    }

    private static func isEssential(_ pending: Pending) -> Bool {
        switch pending.entry.event {
        case .streamStarted, .usage, .ended, .transferStarted, .transferEnded, .optedOut: true
        case .turn, .turnRemoved, .streamEnded, .modelReady, .modelLost, .dtmf, .toolCall, .toolResult, .restarted,
            .mailboxFound:
            false
        }
    }
}
