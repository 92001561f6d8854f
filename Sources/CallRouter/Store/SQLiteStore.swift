import CallActors
import Foundation
import GRDB
import Logging
import Synchronization

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The embedded system of record: one SQLite database in `DATA_DIR`.
///
/// The database runs in WAL mode with `synchronous=NORMAL`: what is committed is in the kernel's hands and survives the
/// death of the process by any signal; a power cut may cost the last commits, never the database. Reads run beside
/// writes. Journal entries wait in a bounded ``JournalBuffer`` until ``run()`` commits them together; everything that is
/// read here takes what waits there into account.
///
/// No access is cut short by the cancellation of the task that asks: the last writes of a call often come from a task
/// that is ending.
package final class SQLiteStore: DialStore {
    /// The file's name in `DATA_DIR`.
    package static let fileName = "callrouter.sqlite"

    let database: DatabasePool
    let buffer: Mutex<JournalBuffer>
    let wake = WakeSignal()
    /// Every change of a call also goes to the outbox, for a system of record elsewhere.
    let isMirrored: Bool
    /// Signalled when the outbox got a row.
    let outboxWake = WakeSignal()
    /// The outbox as its worker last saw it.
    let outboxSeen = Mutex(OutboxState())
    let metering: (any CallMetering)?
    let logger: Logger

    /// Opens the store of a data directory, makes it where there is none and brings its schema up to date.
    ///
    /// - Parameters:
    ///   - directory: `DATA_DIR`, which exists and is locked by this process (``DataDirectoryLock``).
    ///   - metering: Told of every failed access (`kind="store"`); callers need not count them again.
    ///   - logger: Told of journal writes that fail, without content.
    ///   - isMirrored: Every change of a call is also put into the outbox, in the same transaction; somebody must empty it.
    ///   - bufferLimit: Journal entries from which superseded ones give way, see ``JournalBuffer``.
    /// - Throws: ``StoreOpenError`` where the file cannot be opened, is no database or is of a newer version.
    package init(
        directory: String,
        metering: (any CallMetering)?,
        logger: Logger,
        isMirrored: Bool = false,
        bufferLimit: Int = 100_000
    ) throws(StoreOpenError) {
        let path = directory + "/" + Self.fileName
        do {
            try Self.makePrivateFile(at: path)
            let database = try DatabasePool(path: path, configuration: Self.configuration)
            let migrator = StoreSchema.migrator
            guard try !database.read(migrator.hasBeenSuperseded) else {
                throw StoreOpenError(path: path, reason: "it was written by a newer version of this program")
            }
            try migrator.migrate(database)
            let lastSequence = try database.write { db in
                try Self.prune(db)
                return try Int64.fetchOne(db, sql: "SELECT max(seq) FROM journal") ?? 0
            }
            self.database = database
            self.isMirrored = isMirrored
            self.buffer = Mutex(JournalBuffer(softLimit: bufferLimit, firstSequence: lastSequence + 1))
            self.metering = metering
            self.logger = logger
        } catch let error as StoreOpenError {
            throw error
        } catch let error as DatabaseError {
            throw StoreOpenError(path: path, reason: StoreError.reason(error))
        } catch {
            throw StoreOpenError(path: path, reason: "\(error)")
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.label = "callrouter.store"
        // Nobody else writes, but an operator's sqlite3 or a backup may hold the lock for a moment.
        configuration.busyMode = .timeout(1)
        configuration.maximumReaderCount = 4
        // A step of a call touches a dozen pages of 4 KiB; SQLite's own default would let five connections keep 10 MB.
        configuration.prepareDatabase { db in try db.execute(sql: "PRAGMA cache_size = -\(Self.cacheKibibytes)") }
        return configuration
    }

    /// SQLite gives its WAL and shared memory files the mode of the database file: callers' words are private.
    private static func makePrivateFile(at path: String) throws(StoreOpenError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw StoreOpenError(path: path, reason: String(cString: strerror(errno))) }
        close(descriptor)
    }

    /// Deletes the journals that nobody will read again (those of final calls, and those older than a day whose call never
    /// came in), and the keys of orders that are past their day.
    private static func prune(_ db: Database) throws {
        let dayAgo = Date().timeIntervalSinceReferenceDate - 86_400
        try db.execute(
            sql: """
                DELETE FROM journal WHERE call_id IN (SELECT call_id FROM calls WHERE outcome IS NOT NULL)
                    OR (at < ? AND NOT EXISTS (SELECT 1 FROM calls WHERE calls.call_id = journal.call_id))
                """,
            arguments: [dayAgo]
        )
        try db.execute(sql: "DELETE FROM idempotency_keys WHERE at < ?", arguments: [dayAgo])
    }

    // MARK: - Calls

    package func call(id: String) async throws(StoreError) -> CallRecord? {
        let waiting = self.buffer.withLock { $0.entries(of: id) }
        return try await self.read { db in
            guard let row = try CallRow.fetchOne(db, callID: id) else { return nil }
            return try self.live(row.record, waiting: waiting, db)
        }
    }

    package func call(sid: String) async throws(StoreError) -> CallRecord? {
        let callID = try await self.read { db in
            try String.fetchOne(
                db,
                sql: "SELECT call_id FROM calls WHERE call_sid = ? ORDER BY created_at DESC, call_id DESC LIMIT 1",
                arguments: [sid]
            )
        }
        guard let callID else { return nil }
        return try await self.call(id: callID)
    }

    package func insert(_ record: CallRecord) async throws(StoreError) {
        try await self.write { db in
            guard try !CallRow.exists(db, callID: record.callID) else { return }
            try CallRow(record).insert(db)
            try self.mirror(record, after: nil, db)
        }
    }

    /// Applies `change` in one transaction; see ``CallRecord/apply(_:)`` for what may change.
    ///
    /// A change that ends the call without a transcript or usage of its own takes over what the journal holds. Once the
    /// outcome is known, the journal has served: it is deleted.
    @discardableResult
    package func update(callID: String, _ change: CallChange) async throws(StoreError) -> CallRecord? {
        try await self.write { db in
            guard let stored = try CallRow.fetchOne(db, callID: callID) else { return nil }
            var row = stored
            if change.status?.isTerminal == true, !stored.record.status.isTerminal {
                // Commits run on this same queue: what waits now is not on disk, and nothing is missed or counted twice.
                let waiting = self.buffer.withLock { $0.entries(of: callID) }
                row.record = try self.live(stored.record, waiting: waiting, db)
            }
            row.record.apply(change)
            if try row.updateChanges(db, from: stored) { try self.mirror(row.record, after: stored.record, db) }
            if row.record.outcome != nil, stored.record.outcome == nil {
                try db.cachedStatement(sql: "DELETE FROM journal WHERE call_id = ?").execute(arguments: [callID])
            }
            return row.record
        }
    }

    package func liveCalls() async throws(StoreError) -> [CallRecord] {
        try await self.read { db in
            let sql = """
                SELECT * FROM calls WHERE status IN ('initiating', 'ringing', 'in_progress') ORDER BY created_at, call_id
                """
            return try CallRow.fetchAll(db, sql: sql).map { row in
                let waiting = self.buffer.withLock { $0.entries(of: row.record.callID) }
                return try self.live(row.record, waiting: waiting, db)
            }
        }
    }

    /// Calls that are over and still without outcome, those that ended first ahead; at most 10,000, without transcripts.
    package func callsAwaitingSummary() async throws(StoreError) -> [CallRecord] {
        try await self.read { db in
            let sql = """
                SELECT \(Self.columnsWithoutTranscript) FROM calls
                WHERE outcome IS NULL AND status IN ('completed', 'failed') ORDER BY ended_at LIMIT 10000
                """
            return try CallRow.fetchAll(db, sql: sql).map(\.record)
        }
    }

    /// A page of calls, newest first, as stored: a live call's usage so far is told by ``call(id:)`` alone.
    ///
    /// - Parameters:
    ///   - status: Only calls of this status; nil for all.
    ///   - limit: Taken as 1 to 1,000.
    ///   - cursor: That of the page before; nil for the first.
    /// - Returns: The calls without transcripts, and the cursor of the next page.
    /// - Throws: ``StoreError/refused(_:)`` for a cursor that is none; ``CallCursor/init(_:)`` tells beforehand.
    package func calls(
        status: CallRecord.Status?,
        limit: Int,
        cursor: String?
    ) async throws(StoreError) -> CallPage {
        let after = cursor.map(CallCursor.init)
        if let after, after == nil { throw .refused("the cursor is not one of this list's") }
        let place = after ?? nil
        let limit = min(max(limit, 1), 1_000)
        return try await self.read { db in
            var conditions: [String] = []
            var arguments: [any DatabaseValueConvertible] = []
            if let status {
                conditions.append("status = ?")
                arguments.append(status.rawValue)
            }
            if let place {
                conditions.append("(created_at, call_id) < (?, ?)")
                arguments.append(place.createdAt.timeIntervalSinceReferenceDate)
                arguments.append(place.callID)
            }
            let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
            let sql = """
                SELECT \(Self.columnsWithoutTranscript) FROM calls \(condition)
                ORDER BY created_at DESC, call_id DESC LIMIT \(limit + 1)
                """
            let calls = try CallRow.fetchAll(db, sql: sql, arguments: StatementArguments(arguments)).map(\.record)
            let page = Array(calls.prefix(limit))
            let next = calls.count > limit ? page.last : nil
            return CallPage(
                calls: page,
                nextCursor: next.map { CallCursor(createdAt: $0.createdAt, callID: $0.callID).text }
            )
        }
    }

    /// KiB of pages that each connection keeps.
    private static let cacheKibibytes = 512

    static let columnsWithoutTranscript = """
        call_id, call_sid, direction, from_number, to_number, status, outcome, end_reason, call_type, objective, \
        system_prompt, voice, lead_id, business_id, consumer_id, initiator_id, scheduled_time, attempt, dial_at, \
        dialled_at, carrier_sequence, answered_by, created_at, started_at, ended_at, duration_seconds, summary, consumer_interest_level, next_action, appointment_time, \
        quote_amount, recording_url, error_message, usage, cost_usd, context
        """
}
