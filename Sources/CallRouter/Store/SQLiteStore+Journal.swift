import CallActors
import Foundation
import GRDB
import Logging
import Synchronization

extension SQLiteStore {
    /// The least time between two commits of the journal.
    ///
    /// Entries are on disk within 100 ms: this, and the commit.
    private static let commitInterval = Duration.milliseconds(50)
    /// Entries in one transaction; more would keep other writes waiting.
    private static let batchLimit = 2_000

    package func append(_ entry: JournalEntry, to callID: String) {
        let now = ContinuousClock.now
        let isFirst = self.buffer.withLock { buffer in
            buffer.append(entry, to: callID, at: now)
            return buffer.count == 1
        }
        // The writer empties the buffer whole: whoever fills it from empty is enough to wake it.
        if isFirst { self.wake.signal() }
    }

    /// Returns when everything that was appended before is on disk; commits it itself, whether ``run()`` runs or not.
    package func flush() async throws(StoreError) {
        guard let last = self.buffer.withLock(\.lastSequence) else { return }
        while let first = self.buffer.withLock(\.firstSequence), first <= last { _ = try await self.commit() }
    }

    package func journal(of callID: String) async throws(StoreError) -> [JournalEntry] {
        let waiting = self.buffer.withLock { $0.entries(of: callID) }
        return try await self.read { db in try self.entries(of: callID, waiting: waiting, db) }
    }

    /// What is not where it belongs yet, `callrouter_outbox_pending`: journal entries that are not on disk, and calls and
    /// leads that the hosted system of record has not heard of.
    package var outboxPending: Int { self.buffer.withLock { $0.count } + self.outboxSeen.withLock { $0.count } }

    /// How long the oldest of them has waited: `callrouter_outbox_oldest_seconds`.
    package var outboxOldestAge: Duration {
        let now = ContinuousClock.now
        let journal = self.buffer.withLock { $0.oldestAge(at: now) }
        let oldest = self.outboxSeen.withLock { $0.oldest }
        return max(journal, oldest.map { .seconds(max(0, -$0.timeIntervalSinceNow)) } ?? .zero)
    }

    /// Commits journal entries in groups until it is cancelled, then what is left.
    ///
    /// A commit that fails (disk full, database locked) is tried again with backoff, from 50 ms to 5 s, for as long as it
    /// takes; the entries wait in the buffer meanwhile.
    package func run() async {
        var failures = 0
        while !Task.isCancelled {
            await self.wake.wait()
            do throws(StoreError) {
                while try await self.commit() == Self.batchLimit {}
                if failures > 0 { self.logger.notice("The call store takes writes again.") }
                failures = 0
                try? await Task.sleep(for: Self.commitInterval)
            } catch {
                failures += 1
                if failures & (failures - 1) == 0 {
                    self.logger.error(
                        "\(error)",
                        error: error,
                        metadata: [
                            "failures": "\(failures)", "pending": "\(self.buffer.withLock { $0.count })",
                            "lost": "\(self.buffer.withLock { $0.lostCount })",
                        ]
                    )
                }
                let backoff = Self.commitInterval * (1 << min(failures - 1, 7))
                try? await Task.sleep(for: min(backoff, .seconds(5)))
            }
            if self.buffer.withLock({ $0.count }) > 0 { self.wake.signal() }
        }
        do throws(StoreError) { try await self.flush() } catch { self.logger.error("\(error)", error: error) }
    }

    /// Writes an entry: its sequence number, call, time and event.
    static func journalStatement(_ db: Database) throws -> Statement {
        // A final call has no use for a journal any more; late entries of it end here.
        try db.cachedStatement(
            sql: """
                INSERT INTO journal (seq, call_id, at, event) SELECT ?1, ?2, ?3, ?4
                WHERE NOT EXISTS (SELECT 1 FROM calls WHERE call_id = ?2 AND outcome IS NOT NULL)
                """
        )
    }

    /// Writes one batch and returns its length.
    private func commit() async throws(StoreError) -> Int {
        try await self.writeWithoutTransaction { db in
            let batch = self.buffer.withLock { $0.batch(limit: Self.batchLimit) }
            guard !batch.isEmpty else { return 0 }
            try db.inTransaction(.immediate) {
                let statement = try Self.journalStatement(db)
                for (callID, entries) in batch.calls {
                    for pending in entries {
                        // What cannot be JSON (an order that is not finite) never will be: it must not block the rest.
                        guard let event = try? StoreJSON.text(pending.entry.event) else {
                            self.metering?.error(.store)
                            self.logger.error(
                                "A journal entry cannot be written as JSON and is left out.",
                                metadata: ["call_id": "\(callID)"]
                            )
                            continue
                        }
                        let at = pending.entry.at.timeIntervalSinceReferenceDate
                        try statement.execute(arguments: [pending.sequence, callID, at, event])
                    }
                }
                return .commit
            }
            self.buffer.withLock { $0.remove(batch) }
            return batch.count
        }
    }

    /// `record` with what its journal holds so far, on disk and waiting.
    func live(_ record: CallRecord, waiting: [JournalBuffer.Pending], _ db: Database) throws -> CallRecord {
        guard !record.status.isTerminal else { return record }
        let entries = try self.entries(of: record.callID, waiting: waiting, db)
        return JournalFold(entries).applied(to: record)
    }

    /// The journal on disk, then what of `waiting` was not there yet when it was read.
    private func entries(
        of callID: String,
        waiting: [JournalBuffer.Pending],
        _ db: Database
    ) throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        var last: Int64 = 0
        let statement = try db.cachedStatement(
            sql: "SELECT seq, at, event FROM journal WHERE call_id = ? ORDER BY seq"
        )
        let rows = try Row.fetchCursor(statement, arguments: [callID])
        while let row = try rows.next() {
            last = row["seq"]
            // An event of a version yet to come, after a downgrade: the rest of the call is still worth having.
            guard let event = try? StoreJSON.value(JournalEntry.Event.self, of: row["event"]) else {
                self.logger.warning(
                    "A journal entry cannot be read and is left out.",
                    metadata: ["call_id": "\(callID)", "seq": "\(last)"]
                )
                continue
            }
            entries.append(JournalEntry(at: Date(timeIntervalSinceReferenceDate: row["at"]), event: event))
        }
        entries.append(contentsOf: waiting.lazy.filter { $0.sequence > last }.map(\.entry))
        return entries
    }
}
