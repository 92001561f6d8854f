import CallActors
import Foundation
import GRDB
import Synchronization

/// The outbox: what the hosted system of record has yet to hear, written in the transaction of the change itself.
///
/// One row stands for all changes of a call since it was last written there, so that days of outage cost one row per
/// call; what is sent is the call as it stands then.
extension SQLiteStore {
    /// Notes that `record` changed, and what its outcome means for its lead.
    func mirror(_ record: CallRecord, after before: CallRecord?, _ db: Database) throws {
        guard self.isMirrored else { return }
        let now = Date().timeIntervalSinceReferenceDate
        try db.execute(
            sql: """
                INSERT INTO outbox (call_id, kind, version, queued_at, due_at) VALUES (?1, 'call', 1, ?2, ?2)
                ON CONFLICT (call_id, kind) DO UPDATE SET version = version + 1
                """,
            arguments: [record.callID, now]
        )
        if before?.outcome == nil, let leadID = record.leadID, let status = record.leadStatus {
            try db.execute(
                sql: """
                    INSERT INTO outbox (call_id, kind, lead_id, lead_status, version, queued_at, due_at)
                    VALUES (?1, 'lead', ?2, ?3, 1, ?4, ?4)
                    ON CONFLICT (call_id, kind) DO NOTHING
                    """,
                arguments: [record.callID, leadID, status, now]
            )
        }
        // The reader of the outbox comes through this same queue: it sees the transaction whole, or not at all.
        self.outboxWake.signal()
    }

    /// An item may be sent: a lead hears of its call after the call.
    ///
    /// A kind of a later version waits for that version.
    private static let isNext = """
        (o.kind = 'call' OR (o.kind = 'lead'
            AND NOT EXISTS (SELECT 1 FROM outbox p WHERE p.call_id = o.call_id AND p.kind = 'call')))
        """

    /// Items that are due, those due longest first; that of a lead only where its call has nothing to be written.
    func outboxDue(at date: Date, limit: Int) async throws(StoreError) -> [OutboxItem] {
        try await self.writeWithoutTransaction { db in
            let sql = """
                SELECT o.seq, o.call_id, o.kind, o.lead_id, o.lead_status, o.version, o.queued_at, o.failures, o.problem,
                    coalesce(c.mirrored_attempt, 0) AS mirrored_attempt, coalesce(c.is_enriched, 0) AS is_enriched
                FROM outbox o LEFT JOIN calls c ON c.call_id = o.call_id
                WHERE o.due_at <= ? AND \(Self.isNext)
                ORDER BY o.due_at, o.seq LIMIT ?
                """
            let rows = try Row.fetchAll(db, sql: sql, arguments: [date.timeIntervalSinceReferenceDate, limit])
            return try rows.compactMap { row in try self.outboxItem(row, db) }
        }
    }

    private func outboxItem(_ row: Row, _ db: Database) throws -> OutboxItem? {
        guard let kind = OutboxItem.Kind(rawValue: row["kind"]) else { return nil }
        let callID: String = row["call_id"]
        // `try?`: a damaged row must not keep the others from being read; its item fails by itself and stays.
        let record = try? CallRow.fetchOne(db, callID: callID)?.record
        return OutboxItem(
            sequence: row["seq"],
            callID: callID,
            kind: kind,
            version: row["version"],
            queuedAt: Date(timeIntervalSinceReferenceDate: row["queued_at"]),
            failures: row["failures"],
            problem: row["problem"],
            record: record,
            mirroredAttempt: row["mirrored_attempt"],
            isEnriched: row["is_enriched"],
            leadID: row["lead_id"],
            leadStatus: row["lead_status"]
        )
    }

    /// Takes an item out that is written; where more has changed meanwhile, it stays and is due at once.
    func outboxSent(_ item: OutboxItem) async throws(StoreError) {
        try await self.write { db in
            if item.kind == .lead {
                // What an earlier call made of the same lead is out of date now.
                try db.execute(
                    sql: "DELETE FROM outbox WHERE kind = 'lead' AND lead_id = ? AND seq <= ?",
                    arguments: [item.leadID, item.sequence]
                )
                return
            }
            try db.execute(
                sql: "DELETE FROM outbox WHERE seq = ? AND version = ?",
                arguments: [item.sequence, item.version]
            )
            if db.changesCount > 0 {
                try db.execute(
                    sql: "UPDATE calls SET mirrored_attempt = ? WHERE call_id = ?",
                    arguments: [item.record?.attempt, item.callID]
                )
            } else {
                try db.execute(
                    sql: "UPDATE outbox SET failures = 0, problem = NULL, due_at = queued_at WHERE seq = ?",
                    arguments: [item.sequence]
                )
            }
        }
    }

    /// Puts an item off that could not be written.
    func outboxFailed(_ item: OutboxItem, problem: String, dueAt: Date) async throws(StoreError) {
        try await self.write { db in
            try db.execute(
                sql: "UPDATE outbox SET failures = failures + 1, problem = ?, due_at = ? WHERE seq = ?",
                arguments: [problem, dueAt.timeIntervalSinceReferenceDate, item.sequence]
            )
        }
    }

    /// Makes everything due at once that waits because of `problem`; nil for whatever reason.
    func outboxHurry(problem: String?) async throws(StoreError) {
        try await self.write { db in
            try db.execute(
                sql: "UPDATE outbox SET due_at = queued_at WHERE problem = ?1 OR ?1 IS NULL",
                arguments: [problem]
            )
        }
    }

    /// How many items there are, since when the oldest waits, and when the next that may be sent is due.
    func outboxState() async throws(StoreError) -> OutboxState {
        try await self.writeWithoutTransaction { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) AS items, min(queued_at) AS oldest,
                        (SELECT o.due_at FROM outbox o WHERE \(Self.isNext) ORDER BY o.due_at LIMIT 1) AS due
                    FROM outbox
                    """
            )
            guard let row else { return OutboxState() }
            let oldest: Double? = row["oldest"]
            let due: Double? = row["due"]
            return OutboxState(
                count: row["items"],
                oldest: oldest.map(Date.init(timeIntervalSinceReferenceDate:)),
                nextDue: due.map(Date.init(timeIntervalSinceReferenceDate:))
            )
        }
    }

    /// Stores a copy of a call that the hosted system of record has; nothing of it is to be written there.
    ///
    /// - Returns: The stored call: this one, or what was stored meanwhile.
    func adopt(_ record: CallRecord, isEnriched: Bool) async throws(StoreError) -> CallRecord {
        try await self.write { db in
            if let stored = try CallRow.fetchOne(db, callID: record.callID) { return stored.record }
            try CallRow(record).insert(db)
            try db.execute(
                sql: "UPDATE calls SET mirrored_attempt = ?, is_enriched = ? WHERE call_id = ?",
                arguments: [record.attempt, isEnriched, record.callID]
            )
            return record
        }
    }

    /// Adds facts to a stored call that it does not have, and notes that they were looked up.
    func enrich(callID: String, with facts: CallFacts) async throws(StoreError) {
        try await self.write { db in
            guard let stored = try CallRow.fetchOne(db, callID: callID) else { return }
            var row = stored
            row.record.context.merge(facts.context) { known, _ in known }
            row.record.consumerID = row.record.consumerID ?? facts.consumerID
            row.record.initiatorID = row.record.initiatorID ?? facts.initiatorID
            try row.updateChanges(db, from: stored)
            try db.execute(sql: "UPDATE calls SET is_enriched = 1 WHERE call_id = ?", arguments: [callID])
        }
    }

    /// The call names a lead or a business, and the facts about them were not looked up yet.
    func lacksFacts(callID: String) async throws(StoreError) -> Bool {
        try await self.read { db in
            let sql = """
                SELECT EXISTS (SELECT 1 FROM calls WHERE call_id = ? AND is_enriched = 0
                    AND (lead_id IS NOT NULL OR business_id IS NOT NULL))
                """
            return try Bool.fetchOne(db, sql: sql, arguments: [callID]) ?? false
        }
    }

    /// The call is in the hosted system of record, as far as is known.
    func isMirrored(callID: String) async throws(StoreError) -> Bool {
        try await self.read { db in
            let sql = "SELECT EXISTS (SELECT 1 FROM calls WHERE call_id = ? AND mirrored_attempt > 0)"
            return try Bool.fetchOne(db, sql: sql, arguments: [callID]) ?? false
        }
    }

    /// Whether any call is stored here at all.
    func isEmpty() async throws(StoreError) -> Bool {
        try await self.read { db in try !(Bool.fetchOne(db, sql: "SELECT EXISTS (SELECT 1 FROM calls)") ?? false) }
    }
}

/// What waits in the outbox.
struct OutboxState: Sendable, Equatable {
    var count = 0
    /// The oldest change that waits.
    var oldest: Date?
    var nextDue: Date?
}

/// What was looked up about the lead and the business of a call.
struct CallFacts: Sendable, Equatable {
    var context: [String: String] = [:]
    var consumerID: String?
    var initiatorID: String?
}
