import CallActors
import Foundation
import GRDB
import Synchronization

extension SQLiteStore {
    /// How long an order's key makes a repeated order the same order.
    private static let idempotencyLifetime: TimeInterval = 86_400

    /// Stores a new call together with the key of its order, in one transaction.
    ///
    /// A queued call that is stored without a time to be dialled is a copy of what somebody else has on record; an order
    /// with its identifier takes it up, and fills in what the copy does not know.
    package func insert(
        _ record: CallRecord,
        idempotency: IdempotencyKey?
    ) async throws(StoreError) -> InsertResult {
        try await self.write { db in
            if let idempotency {
                if let known = try Self.known(idempotency, at: record.createdAt, db) { return known }
                try db.execute(
                    sql: "DELETE FROM idempotency_keys WHERE at < ?",
                    arguments: [record.createdAt.timeIntervalSinceReferenceDate - Self.idempotencyLifetime]
                )
            }
            if let stored = try CallRow.fetchOne(db, callID: record.callID) {
                guard stored.record.status == .queued, stored.record.dialAt == nil, record.dialAt != nil else {
                    return .exists
                }
                var row = stored
                row.record.takeUp(record)
                try row.updateChanges(db, from: stored)
                try self.mirror(row.record, after: stored.record, db)
            } else {
                try CallRow(record).insert(db)
                try self.mirror(record, after: nil, db)
            }
            if let idempotency {
                try db.execute(
                    sql: "INSERT INTO idempotency_keys (key, body_hash, call_id, at) VALUES (?, ?, ?, ?)",
                    arguments: [
                        idempotency.key, idempotency.bodyHash, record.callID,
                        record.createdAt.timeIntervalSinceReferenceDate,
                    ]
                )
            }
            return .inserted
        }
    }

    /// What is known of the order with this key; nil for a key that is new at `date`.
    package func known(_ idempotency: IdempotencyKey, at date: Date) async throws(StoreError) -> InsertResult? {
        try await self.read { db in try Self.known(idempotency, at: date, db) }
    }

    /// What an order's key says of the order; nil for a new key, and for one past its time.
    private static func known(_ idempotency: IdempotencyKey, at date: Date, _ db: Database) throws -> InsertResult? {
        let row = try Row.fetchOne(
            db,
            sql: "SELECT body_hash, call_id FROM idempotency_keys WHERE key = ? AND at >= ?",
            arguments: [
                idempotency.key, date.timeIntervalSinceReferenceDate - Self.idempotencyLifetime,
            ]
        )
        guard let row else { return nil }
        let bodyHash: String = row["body_hash"]
        return bodyHash == idempotency.bodyHash ? .replayed(callID: row["call_id"]) : .mismatch
    }

    /// Moves a queued call to `initiating`; of several that ask at the same time, one gets it.
    package func claim(callID: String, at date: Date) async throws(StoreError) -> CallRecord? {
        try await self.change(callID) { record in
            guard record.status == .queued else { return false }
            record.claim(at: date)
            return true
        }
    }

    /// Puts a call that is neither queued nor over back to `queued`.
    ///
    /// Its journal goes: what the failed attempt left there, above all an end, must not end the next one. The usage in it
    /// is kept in the record.
    ///
    /// - Parameters:
    ///   - callID: The call.
    ///   - attempt: The number of the next attempt; the present one where the call was never placed.
    ///   - dialAt: When to dial again.
    /// - Returns: The queued call; nil where it is queued or over, where somebody has talked in it, or where it is at a
    ///   later attempt already.
    /// - Throws: ``StoreError`` where nothing was changed.
    package func requeue(
        callID: String,
        attempt: Int,
        dialAt: Date
    ) async throws(StoreError) -> CallRecord? {
        try await self.writeWithoutTransaction { db in
            var queued: CallRecord?
            try db.inTransaction(.immediate) {
                guard let stored = try CallRow.fetchOne(db, callID: callID), stored.record.status != .queued,
                    !stored.record.status.isTerminal, attempt >= stored.record.attempt
                else { return .commit }
                // Journal commits run on this same queue: nothing comes between this look and the end of the transaction.
                let waiting = self.buffer.withLock { $0.entries(of: callID) }
                let live = try self.live(stored.record, waiting: waiting, db)
                guard !live.transcript.contains(where: { $0.role == .user }) else { return .commit }
                var row = stored
                row.record.usage = live.usage
                row.record.requeue(attempt: attempt, dialAt: dialAt)
                try row.updateChanges(db, from: stored)
                try db.execute(sql: "DELETE FROM journal WHERE call_id = ?", arguments: [callID])
                // Elsewhere, too, the status may now go back.
                try db.execute(
                    sql: "UPDATE calls SET mirrored_attempt = min(mirrored_attempt, ?) WHERE call_id = ?",
                    arguments: [attempt - 1, callID]
                )
                try self.mirror(row.record, after: stored.record, db)
                queued = row.record
                return .commit
            }
            if queued != nil { self.buffer.withLock { $0.forget(callID) } }
            return queued
        }
    }

    /// Moves the time at which a queued call is to be dialled; does nothing where it is not queued any more.
    package func postpone(callID: String, to dialAt: Date) async throws(StoreError) {
        _ = try await self.change(callID) { record in
            guard record.status == .queued else { return false }
            record.dialAt = dialAt
            return true
        }
    }

    /// Queued calls that are due, the longest due first.
    ///
    /// Those without a time to be dialled never are: nobody ordered them here.
    package func queuedCalls(dueBy date: Date, limit: Int) async throws(StoreError) -> [CallRecord] {
        try await self.read { db in
            let sql = """
                SELECT \(Self.columnsWithoutTranscript) FROM calls WHERE status = 'queued' AND dial_at <= ?
                ORDER BY dial_at, created_at, call_id LIMIT ?
                """
            let arguments: StatementArguments = [date.timeIntervalSinceReferenceDate, max(0, limit)]
            return try CallRow.fetchAll(db, sql: sql, arguments: arguments).map(\.record)
        }
    }

    package func nextDue() async throws(StoreError) -> Date? {
        let seconds = try await self.read { db in
            try Double.fetchOne(
                db,
                sql: "SELECT min(dial_at) FROM calls WHERE status = 'queued' AND dial_at IS NOT NULL"
            )
        }
        return seconds.map(Date.init(timeIntervalSinceReferenceDate:))
    }

    package func queuedCalls(to number: String) async throws(StoreError) -> [CallRecord] {
        try await self.read { db in
            let sql = """
                SELECT \(Self.columnsWithoutTranscript) FROM calls WHERE to_number = ? AND status = 'queued'
                ORDER BY created_at, call_id
                """
            return try CallRow.fetchAll(db, sql: sql, arguments: [number]).map(\.record)
        }
    }

    /// Changes a stored call in one transaction; nil where there is none, or where `body` says that nothing is to change.
    private func change(
        _ callID: String,
        _ body: @escaping @Sendable (inout CallRecord) -> Bool
    ) async throws(StoreError) -> CallRecord? {
        try await self.write { db in
            guard let stored = try CallRow.fetchOne(db, callID: callID) else { return nil }
            var row = stored
            guard body(&row.record) else { return nil }
            if try row.updateChanges(db, from: stored) { try self.mirror(row.record, after: stored.record, db) }
            return row.record
        }
    }
}

extension CallRecord {
    /// Takes over from an order for this call what the record does not say, and when to dial.
    fileprivate mutating func takeUp(_ order: CallRecord) {
        self.dialAt = order.dialAt
        self.from = self.from ?? order.from
        self.to = order.to ?? self.to
        self.callType = order.callType ?? self.callType
        self.objective = order.objective ?? self.objective
        self.systemPrompt = order.systemPrompt ?? self.systemPrompt
        self.voice = order.voice ?? self.voice
        self.leadID = self.leadID ?? order.leadID
        self.businessID = self.businessID ?? order.businessID
        self.consumerID = self.consumerID ?? order.consumerID
        self.initiatorID = self.initiatorID ?? order.initiatorID
        self.scheduledTime = order.scheduledTime ?? self.scheduledTime
        self.context.merge(order.context) { $1 }
    }
}
