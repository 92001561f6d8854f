import Foundation
import Synchronization

@testable import CallActors

/// A store in memory; it can be down, and slow to answer.
final class MemoryStore: CallStore {
    private struct State {
        var records: [String: CallRecord] = [:]
        var journals: [String: [JournalEntry]] = [:]
        var isDown = false
        var gate: CheckedContinuation<Void, Never>?
        var isGated = false
    }

    /// Every journal entry, in order.
    let entries = EventLog<JournalEntry.Event>()
    /// A look-up came to the closed gate.
    let gateReached = EventLog<String>()
    private let state = Mutex(State())

    init(_ records: CallRecord...) {
        self.state.withLock { for record in records { $0.records[record.callID] = record } }
    }

    var isDown: Bool {
        get { self.state.withLock { $0.isDown } }
        set { self.state.withLock { $0.isDown = newValue } }
    }

    /// Look-ups of calls wait until ``openGate()``.
    func closeGate() { self.state.withLock { $0.isGated = true } }

    func openGate() {
        self.state.withLock { state in
            state.isGated = false
            defer { state.gate = nil }
            return state.gate
        }?.resume()
    }

    private func pass() throws(StoreError) {
        if self.isDown { throw .unavailable("down for a test") }
    }

    func call(id: String) async throws(StoreError) -> CallRecord? {
        if self.state.withLock({ $0.isGated }) {
            await withCheckedContinuation { continuation in
                self.state.withLock { $0.gate = continuation }
                self.gateReached.append(id)
            }
        }
        try self.pass()
        return self.state.withLock { $0.records[id] }
    }

    func call(sid: String) async throws(StoreError) -> CallRecord? {
        try self.pass()
        return self.state.withLock { $0.records.values.first { $0.callSID == sid } }
    }

    func insert(_ record: CallRecord) async throws(StoreError) {
        try self.pass()
        self.state.withLock { if $0.records[record.callID] == nil { $0.records[record.callID] = record } }
    }

    func update(callID: String, _ change: CallChange) async throws(StoreError) -> CallRecord? {
        try self.pass()
        return self.state.withLock { state in
            guard var record = state.records[callID], !record.status.isTerminal else { return nil }
            if let status = change.status { record.status = status }
            if let startedAt = change.startedAt { record.startedAt = startedAt }
            if let callSID = change.callSID { record.callSID = callSID }
            state.records[callID] = record
            return record
        }
    }

    func append(_ entry: JournalEntry, to callID: String) {
        self.state.withLock { $0.journals[callID, default: []].append(entry) }
        self.entries.append(entry.event)
    }

    func flush() async throws(StoreError) { try self.pass() }

    func journal(of callID: String) async throws(StoreError) -> [JournalEntry] {
        try self.pass()
        return self.state.withLock { $0.journals[callID] ?? [] }
    }

    func liveCalls() async throws(StoreError) -> [CallRecord] {
        try self.pass()
        return self.state.withLock { state in
            state.records.values.filter { ![.queued, .completed, .failed].contains($0.status) }
                .sorted { $0.callID < $1.callID }
        }
    }

    func callsAwaitingSummary() async throws(StoreError) -> [CallRecord] { [] }

    func calls(status: CallRecord.Status?, limit: Int, cursor: String?) async throws(StoreError) -> CallPage {
        CallPage(calls: [], nextCursor: nil)
    }

    func record(_ callID: String) -> CallRecord? { self.state.withLock { $0.records[callID] } }

    func events(of callID: String) -> [JournalEntry.Event] {
        self.state.withLock { $0.journals[callID]?.map(\.event) ?? [] }
    }

    /// As the call's completion does: the record is final.
    func finish(_ end: CallEnd) {
        self.state.withLock {
            $0.records[end.callID]?.status = .completed
            $0.records[end.callID]?.endReason = end.reason
        }
    }
}
