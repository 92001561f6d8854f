import CallActors
import Foundation
import Logging
import NIOCore
import Synchronization
import Wire

/// Supabase as the system of record, behind the embedded store.
///
/// The embedded store stays the working store: journals, intents to dial, opt-outs, keys of orders and recovery live
/// there, and every change of a call is in its outbox in the same transaction. ``run()`` sends the outbox to Supabase: at
/// least once, in order per call, for as long as it takes. So a Supabase that is down stops no call; what it alone knows
/// cannot be read meanwhile.
///
/// Calls that only Supabase has are fetched when somebody names them, and kept here while they are not over. They are
/// never dialled because of that: an order for them has to come by the API or the queue.
///
/// Lists and statistics come from the embedded store, which is never behind; where it holds no call at all (a new
/// machine, a new disk), from Supabase.
package final class SupabaseStore: DialStore {
    /// How long a call in progress may wait for an answer.
    static let readTimeout = Duration.seconds(3)
    /// How long the facts about a lead may keep a call waiting that goes on without them.
    static let factsTimeout = Duration.milliseconds(1_500)
    /// How long a write in the background may take.
    static let writeTimeout = Duration.seconds(15)

    let local: SQLiteStore
    let client: SupabaseClient
    let columns: SupabaseColumns
    let writer: SupabaseWriter
    let initiatorID: String?
    let metering: (any CallMetering)?
    let logger: Logger
    /// Attempts in a row to write anything that failed.
    let outages = Mutex(0)

    /// - Parameters:
    ///   - local: The embedded store, opened with `isMirrored: true`.
    ///   - settings: Where Supabase is, and the key.
    ///   - eventLoopGroup: Where the connections live.
    ///   - metering: Told of every failed write (`kind="store"`).
    ///   - logger: Told of outages and of what does not fit the schema, never of values.
    package init(
        local: SQLiteStore,
        settings: RouterConfiguration.Supabase,
        eventLoopGroup: any EventLoopGroup,
        metering: (any CallMetering)?,
        logger: Logger
    ) {
        precondition(local.isMirrored, "The embedded store must feed the outbox.")
        self.local = local
        self.client = SupabaseClient(
            url: settings.url.string,
            key: settings.key.value,
            eventLoopGroup: eventLoopGroup
        )
        self.columns = SupabaseColumns(logger: logger)
        self.initiatorID = settings.initiatorID
        self.writer = SupabaseWriter(
            client: self.client,
            columns: self.columns,
            initiatorID: settings.initiatorID,
            logger: logger
        )
        self.metering = metering
        self.logger = logger
    }

    /// Closes the connections to Supabase; ``run()`` must have returned.
    package func shutdown() async { await self.client.shutdown() }

    /// Commits journals and empties the outbox until it is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.local.run() }
            group.addTask { await self.runOutbox() }
        }
    }

    // MARK: - Calls

    /// The call with this identifier: the one that is stored here, else the one that Supabase has.
    ///
    /// - Parameter id: The call's identifier.
    /// - Returns: The call with the facts about its lead and business; nil where neither knows it.
    /// - Throws: ``StoreError/unavailable(_:)`` where it is unknown here and Supabase does not answer.
    package func call(id: String) async throws(StoreError) -> CallRecord? {
        if let record = try await self.local.call(id: id) {
            guard !record.status.isTerminal, try await self.addFacts(to: record) else { return record }
            return try await self.local.call(id: id) ?? record
        }
        guard let identifier = UUID(uuidString: id) else { return nil }
        return try await self.fetch(("id", "eq.\(identifier.uuidString.lowercased())"))
    }

    package func call(sid: String) async throws(StoreError) -> CallRecord? {
        if let record = try await self.local.call(sid: sid) { return record }
        guard self.columns.has("twilio_call_sid"), !sid.isEmpty else { return nil }
        return try await self.fetch(("twilio_call_sid", "eq.\(sid)"))
    }

    package func insert(_ record: CallRecord) async throws(StoreError) { try await self.local.insert(record) }

    package func insert(
        _ record: CallRecord,
        idempotency: IdempotencyKey?
    ) async throws(StoreError) -> InsertResult {
        try await self.local.insert(record, idempotency: idempotency)
    }

    package func known(_ idempotency: IdempotencyKey, at date: Date) async throws(StoreError) -> InsertResult? {
        try await self.local.known(idempotency, at: date)
    }

    @discardableResult
    package func update(callID: String, _ change: CallChange) async throws(StoreError) -> CallRecord? {
        if let record = try await self.local.update(callID: callID, change) { return record }
        // A call that only Supabase has comes here by being read; one that is over there stays as it is.
        guard let record = try await self.call(id: callID) else { return nil }
        return try await self.local.update(callID: callID, change) ?? record
    }

    /// Moves a queued call to `initiating`, unless somebody has ended it in Supabase meanwhile.
    package func claim(callID: String, at date: Date) async throws(StoreError) -> CallRecord? {
        if try await self.endIfOverElsewhere(callID) { return nil }
        return try await self.local.claim(callID: callID, at: date)
    }

    package func requeue(
        callID: String,
        attempt: Int,
        dialAt: Date
    ) async throws(StoreError) -> CallRecord? {
        try await self.local.requeue(callID: callID, attempt: attempt, dialAt: dialAt)
    }

    // MARK: - Lists

    /// A page of calls, newest first: those stored here, or those of Supabase where none is.
    package func calls(
        status: CallRecord.Status?,
        limit: Int,
        cursor: String?
    ) async throws(StoreError) -> CallPage {
        let page = try await self.local.calls(status: status, limit: limit, cursor: cursor)
        guard page.calls.isEmpty, try await self.local.isEmpty() else { return page }
        do throws(SupabaseError) {
            return try await self.remoteCalls(status: status, limit: limit, cursor: cursor)
        } catch {
            return page
        }
    }

    /// Totals over the calls stored here, or over those of Supabase where none is.
    package func statistics(since date: Date) async throws(StoreError) -> CallStatistics {
        let statistics = try await self.local.statistics(since: date)
        guard statistics.calls == 0, try await self.local.isEmpty() else { return statistics }
        do throws(SupabaseError) { return try await self.remoteStatistics(since: date) } catch { return statistics }
    }
}

// MARK: - What the embedded store does alone

extension SupabaseStore {
    package func append(_ entry: JournalEntry, to callID: String) { self.local.append(entry, to: callID) }

    package func flush() async throws(StoreError) { try await self.local.flush() }

    package func journal(of callID: String) async throws(StoreError) -> [JournalEntry] {
        try await self.local.journal(of: callID)
    }

    package func liveCalls() async throws(StoreError) -> [CallRecord] { try await self.local.liveCalls() }

    package func callsAwaitingSummary() async throws(StoreError) -> [CallRecord] {
        try await self.local.callsAwaitingSummary()
    }

    package func queuedCalls(dueBy date: Date, limit: Int) async throws(StoreError) -> [CallRecord] {
        try await self.local.queuedCalls(dueBy: date, limit: limit)
    }

    package func nextDue() async throws(StoreError) -> Date? { try await self.local.nextDue() }

    package func queuedCalls(to number: String) async throws(StoreError) -> [CallRecord] {
        try await self.local.queuedCalls(to: number)
    }

    package func postpone(callID: String, to dialAt: Date) async throws(StoreError) {
        try await self.local.postpone(callID: callID, to: dialAt)
    }

    package func optOut(_ optOut: OptOut) async throws(StoreError) { try await self.local.optOut(optOut) }

    package func removeOptOut(number: String) async throws(StoreError) -> Bool {
        try await self.local.removeOptOut(number: number)
    }

    package func optOuts() async throws(StoreError) -> [OptOut] { try await self.local.optOuts() }

    package func isOptedOut(_ number: String) async throws(StoreError) -> Bool {
        try await self.local.isOptedOut(number)
    }
}
