import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite struct SQLiteStoreOutboxTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = try SQLiteStore(directory: self.directory.path, metering: nil, logger: .silent, isMirrored: true)
    }

    private static let later = Date.distantFuture

    @Test("every change of a call waits, as one item, and survives the end of the process")
    func oneItemPerCall() async throws {
        try await self.store.insert(SupabaseTests.order("a"))
        try await self.store.insert(SupabaseTests.order("b"))
        _ = try await self.store.claim(callID: "a", at: Samples.start)
        try await self.store.update(callID: "a", SupabaseTests.change(.ringing))
        let copy = try self.directory.snapshot()
        let next = try SQLiteStore(directory: copy.path, metering: nil, logger: .silent, isMirrored: true)
        let items = try await next.outboxDue(at: Self.later, limit: 10)
        #expect(items.map(\.callID) == ["a", "b"])
        #expect(items.map(\.version) == [3, 1])
        #expect(items.first?.record?.status == .ringing)
    }

    @Test("what changes while an item is sent is sent after it")
    func changedMeanwhile() async throws {
        try await self.store.insert(SupabaseTests.order("a"))
        let item = try #require(try await self.store.outboxDue(at: Self.later, limit: 1).first)
        _ = try await self.store.claim(callID: "a", at: Samples.start)
        try await self.store.outboxSent(item)
        let again = try #require(try await self.store.outboxDue(at: Self.later, limit: 1).first)
        #expect(again.record?.status == .initiating)
        try await self.store.outboxSent(again)
        #expect(try await self.store.outboxState() == OutboxState())
        #expect(try await self.store.isMirrored(callID: "a"))
    }

    @Test("a lead hears of its call after the call, and of the newer call last")
    func leads() async throws {
        for callID in ["a", "b"] {
            var order = SupabaseTests.order(callID)
            order.leadID = "lead"
            try await self.store.insert(order)
            try await self.store.update(callID: callID, SupabaseTests.end(callID == "a" ? .noAnswer : .declined))
        }
        let calls = try await self.store.outboxDue(at: Self.later, limit: 10)
        #expect(calls.map(\.kind) == [.call, .call])
        for item in calls { try await self.store.outboxSent(item) }
        let leads = try await self.store.outboxDue(at: Self.later, limit: 10)
        #expect(leads.map(\.leadStatus) == ["contact_attempted", "declined"])
        try await self.store.outboxSent(try #require(leads.last))
        #expect(try await self.store.outboxState().count == 0, "the older word is out of date")
    }

    @Test("a lead whose call cannot be written waits with it, and is not due")
    func leadWaits() async throws {
        var order = SupabaseTests.order("a")
        order.leadID = "lead"
        try await self.store.insert(order)
        try await self.store.update(callID: "a", SupabaseTests.end(.declined))
        let item = try #require(try await self.store.outboxDue(at: Self.later, limit: 1).first)
        let dueAt = Date().addingTimeInterval(60)
        try await self.store.outboxFailed(item, problem: "test", dueAt: dueAt)
        #expect(try await self.store.outboxDue(at: Date(), limit: 10).isEmpty)
        #expect(try await self.store.outboxState().nextDue == dueAt)
        #expect(try await self.store.outboxState().count == 2)
        try await self.store.outboxHurry(problem: "other")
        #expect(try await self.store.outboxState().nextDue == dueAt)
        try await self.store.outboxHurry(problem: "test")
        #expect(try await self.store.outboxDue(at: Date(), limit: 10).map(\.failures) == [1])
    }

    @Test("without a system of record elsewhere nothing waits for it")
    func notMirrored() async throws {
        let directory = try TemporaryDirectory()
        let store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
        try await store.insert(SupabaseTests.order("a"))
        _ = try await store.claim(callID: "a", at: Samples.start)
        #expect(try await store.outboxState().count == 0)
    }

    @Test("no sequence of changes loses an item or moves an end, with restarts and failures in between")
    func random() async throws {
        for seed in UInt64(0)..<8 {
            var random = SeededGenerator(seed: seed)
            let directory = try TemporaryDirectory()
            var store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent, isMirrored: true)
            /// What was last sent, by call.
            var sent: [String: CallRecord] = [:]
            let ids = ["a", "b", "c"]
            for id in ids { try await store.insert(SupabaseTests.order(id)) }
            for _ in 0..<120 {
                let id = ids[Int.random(in: 0..<ids.count, using: &random)]
                let before = try #require(try await store.call(id: id))
                switch Int.random(in: 0..<12, using: &random) {
                case 0...1: _ = try await store.claim(callID: id, at: Samples.start)
                case 2...3: _ = try await store.requeue(callID: id, attempt: before.attempt + 1, dialAt: Samples.start)
                case 4: try await store.postpone(callID: id, to: Samples.start.addingTimeInterval(5))
                case 5:
                    try await store.update(callID: id, SupabaseTests.end(Bool.random(using: &random) ? nil : .declined))
                case 6...7:
                    if let item = try await store.outboxDue(at: Self.later, limit: 3).randomElement(using: &random) {
                        sent[item.callID] = item.kind == .call ? item.record : sent[item.callID]
                        try await store.outboxSent(item)
                    }
                case 8:
                    if let item = try await store.outboxDue(at: Self.later, limit: 1).first {
                        try await store.outboxFailed(item, problem: "test", dueAt: Samples.start)
                    }
                case 9:
                    store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent, isMirrored: true)
                default:
                    let status = CallRecord.Status.allCases.randomElement(using: &random)
                    try await store.update(callID: id, SupabaseTests.change(status) { $0.callSID = "CA" })
                }
                let after = try #require(try await store.call(id: id))
                if before.status.isTerminal {
                    #expect(after.status == before.status, "seed \(seed)")
                    #expect(after.attempt == before.attempt, "seed \(seed)")
                }
            }
            let waiting = Set(
                try await store.outboxDue(at: Self.later, limit: 10).filter { $0.kind == .call }.map(\.callID)
            )
            for id in ids where !waiting.contains(id) {
                #expect(try await store.call(id: id) == sent[id], "seed \(seed): \(id) is neither sent nor waiting")
            }
        }
    }
}
