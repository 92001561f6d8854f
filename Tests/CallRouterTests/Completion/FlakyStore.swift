import CallActors
import Synchronization

/// A store whose next accesses fail.
final class FlakyStore: CallStore {
    private let store: any CallStore
    private let state = Mutex<(toFail: Int, failures: Int)>((0, 0))
    private let reads = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    init(_ store: any CallStore) { self.store = store }

    /// Accesses that failed so far.
    var failures: Int { self.state.withLock { $0.failures } }

    func failNext(_ count: Int) { self.state.withLock { $0.toFail = count } }

    /// Returns when a call has been read.
    func nextRead() async { _ = await self.reads.stream.first { _ in true } }

    private func check() throws(StoreError) {
        let fails = self.state.withLock { state in
            guard state.toFail > 0 else { return false }
            state.toFail -= 1
            state.failures += 1
            return true
        }
        if fails { throw .unavailable("flaky") }
    }

    func call(id: String) async throws(StoreError) -> CallRecord? {
        try self.check()
        let call = try await self.store.call(id: id)
        self.reads.continuation.yield()
        return call
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

    func flush() async throws(StoreError) {
        try self.check()
        try await self.store.flush()
    }

    func journal(of callID: String) async throws(StoreError) -> [JournalEntry] {
        try self.check()
        return try await self.store.journal(of: callID)
    }

    func liveCalls() async throws(StoreError) -> [CallRecord] {
        try self.check()
        return try await self.store.liveCalls()
    }

    func callsAwaitingSummary() async throws(StoreError) -> [CallRecord] {
        try self.check()
        return try await self.store.callsAwaitingSummary()
    }

    func calls(status: CallRecord.Status?, limit: Int, cursor: String?) async throws(StoreError) -> CallPage {
        try self.check()
        return try await self.store.calls(status: status, limit: limit, cursor: cursor)
    }
}
