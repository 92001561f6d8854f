import CallActors
import Foundation
import Synchronization

/// A store that fails while a test says so.
final class FlakyDialStore: DialStore {
    private let store: any DialStore
    private let down = Mutex(false)

    init(_ store: any DialStore) { self.store = store }

    var isDown: Bool {
        get { self.down.withLock { $0 } }
        set { self.down.withLock { $0 = newValue } }
    }

    private func check() throws(StoreError) { if self.isDown { throw .unavailable("down") } }

    func call(id: String) async throws(StoreError) -> CallRecord? {
        try self.check()
        return try await self.store.call(id: id)
    }

    func call(sid: String) async throws(StoreError) -> CallRecord? {
        try self.check()
        return try await self.store.call(sid: sid)
    }

    func insert(_ record: CallRecord) async throws(StoreError) {
        try self.check()
        try await self.store.insert(record)
    }

    func update(callID: String, _ change: CallChange) async throws(StoreError) -> CallRecord? {
        try self.check()
        return try await self.store.update(callID: callID, change)
    }

    func append(_ entry: JournalEntry, to callID: String) { self.store.append(entry, to: callID) }
    func flush() async throws(StoreError) { try await self.store.flush() }

    func journal(of callID: String) async throws(StoreError) -> [JournalEntry] {
        try await self.store.journal(of: callID)
    }

    func liveCalls() async throws(StoreError) -> [CallRecord] {
        try self.check()
        return try await self.store.liveCalls()
    }

    func callsAwaitingSummary() async throws(StoreError) -> [CallRecord] { try await self.store.callsAwaitingSummary() }

    func calls(status: CallRecord.Status?, limit: Int, cursor: String?) async throws(StoreError) -> CallPage {
        try await self.store.calls(status: status, limit: limit, cursor: cursor)
    }

    func insert(_ record: CallRecord, idempotency: IdempotencyKey?) async throws(StoreError) -> InsertResult {
        try self.check()
        return try await self.store.insert(record, idempotency: idempotency)
    }

    func known(_ idempotency: IdempotencyKey, at date: Date) async throws(StoreError) -> InsertResult? {
        try self.check()
        return try await self.store.known(idempotency, at: date)
    }

    func claim(callID: String, at date: Date) async throws(StoreError) -> CallRecord? {
        try self.check()
        return try await self.store.claim(callID: callID, at: date)
    }

    func requeue(callID: String, attempt: Int, dialAt: Date) async throws(StoreError) -> CallRecord? {
        try self.check()
        return try await self.store.requeue(callID: callID, attempt: attempt, dialAt: dialAt)
    }

    func queuedCalls(dueBy date: Date, limit: Int) async throws(StoreError) -> [CallRecord] {
        try self.check()
        return try await self.store.queuedCalls(dueBy: date, limit: limit)
    }

    func nextDue() async throws(StoreError) -> Date? {
        try self.check()
        return try await self.store.nextDue()
    }

    func queuedCalls(to number: String) async throws(StoreError) -> [CallRecord] {
        try await self.store.queuedCalls(to: number)
    }

    func postpone(callID: String, to dialAt: Date) async throws(StoreError) {
        try self.check()
        try await self.store.postpone(callID: callID, to: dialAt)
    }

    func optOut(_ optOut: OptOut) async throws(StoreError) { try await self.store.optOut(optOut) }
    func removeOptOut(number: String) async throws(StoreError) -> Bool {
        try await self.store.removeOptOut(number: number)
    }
    func optOuts() async throws(StoreError) -> [OptOut] { try await self.store.optOuts() }

    func isOptedOut(_ number: String) async throws(StoreError) -> Bool {
        try self.check()
        return try await self.store.isOptedOut(number)
    }

    func statistics(since date: Date) async throws(StoreError) -> CallStatistics {
        try await self.store.statistics(since: date)
    }
}
