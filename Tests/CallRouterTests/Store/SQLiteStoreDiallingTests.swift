import CallActors
import Foundation
import GRDB
import Testing

@testable import CallRouter

@Suite struct SQLiteStoreDiallingTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = try SQLiteStore(directory: self.directory.path, metering: nil, logger: .silent)
    }

    private static func order(_ callID: String, dueAfter seconds: Double = 0) -> CallRecord {
        var call = Samples.fullCall(callID)
        call.callSID = nil
        call.startedAt = nil
        call.attempt = 1
        call.dialAt = Samples.start.addingTimeInterval(seconds)
        return call
    }

    private static func date(_ seconds: Double) -> Date { Samples.start.addingTimeInterval(seconds) }

    @Test("what dialling knows of a call comes back exactly as it was stored")
    func roundTrip() async throws {
        var call = Self.order("c", dueAfter: 0.1)
        call.dialledAt = Self.date(1.0 / 3)
        call.carrierSequence = 7
        call.answeredBy = "machine_start"
        try await self.store.insert(call)
        #expect(try await self.store.call(id: "c") == call)
    }

    @Test("an order repeated under its key is the same call, and another one under it is refused")
    func idempotency() async throws {
        let key = IdempotencyKey(key: "k", bodyHash: "h")
        #expect(try await self.store.insert(Self.order("a"), idempotency: key) == .inserted)
        #expect(try await self.store.insert(Self.order("b"), idempotency: key) == .replayed(callID: "a"))
        let other = IdempotencyKey(key: "k", bodyHash: "other")
        #expect(try await self.store.insert(Self.order("b"), idempotency: other) == .mismatch)
        #expect(try await self.store.call(id: "b") == nil)
        #expect(try await self.store.insert(Self.order("a"), idempotency: nil) == .exists)
        let unused = IdempotencyKey(key: "unused", bodyHash: "h")
        #expect(try await self.store.insert(Self.order("a"), idempotency: unused) == .exists)
        #expect(
            try await self.store.insert(Self.order("b"), idempotency: unused) == .inserted,
            "a refused order uses no key up"
        )
    }

    @Test("a key serves for a day")
    func keyExpires() async throws {
        let key = IdempotencyKey(key: "k", bodyHash: "h")
        #expect(try await self.store.known(key, at: Samples.start) == nil)
        _ = try await self.store.insert(Self.order("a"), idempotency: key)
        let other = IdempotencyKey(key: "k", bodyHash: "other")
        #expect(try await self.store.known(key, at: Samples.start) == .replayed(callID: "a"))
        #expect(try await self.store.known(other, at: Samples.start) == .mismatch)
        #expect(try await self.store.known(key, at: Samples.start.addingTimeInterval(86_401)) == nil)
        var later = Self.order("b")
        later.createdAt = Samples.start.addingTimeInterval(86_399)
        #expect(try await self.store.insert(later, idempotency: key) == .replayed(callID: "a"))
        later.createdAt = Samples.start.addingTimeInterval(86_401)
        #expect(try await self.store.insert(later, idempotency: key) == .inserted)
    }

    @Test("of many who order under one key at the same time, one call comes about")
    func concurrentOrders() async throws {
        let store = self.store
        let results = try await withThrowingTaskGroup(of: InsertResult.self) { group in
            for index in 0..<20 {
                group.addTask {
                    try await store.insert(
                        Self.order("c\(index)"),
                        idempotency: IdempotencyKey(key: "k", bodyHash: "h")
                    )
                }
            }
            return try await group.reduce(into: [InsertResult]()) { $0.append($1) }
        }
        #expect(results.count { $0 == .inserted } == 1)
        #expect(try await self.store.calls(status: nil, limit: 100, cursor: nil).calls.count == 1)
    }

    @Test("of many who want to dial a call, one gets it")
    func concurrentClaims() async throws {
        try await self.store.insert(Self.order("c"))
        let store = self.store
        let claims = try await withThrowingTaskGroup(of: CallRecord?.self) { group in
            for index in 0..<20 {
                group.addTask { try await store.claim(callID: "c", at: Self.date(Double(index))) }
            }
            return try await group.reduce(into: [CallRecord]()) { if let call = $1 { $0.append(call) } }
        }
        #expect(claims.count == 1)
        #expect(claims.first?.status == .initiating)
        #expect(try await self.store.call(id: "c") == claims.first)
        #expect(try await self.store.claim(callID: "unknown", at: Self.date(0)) == nil)
    }

    @Test("a claim survives the end of the process")
    func claimSurvives() async throws {
        try await self.store.insert(Self.order("c"))
        _ = try await self.store.claim(callID: "c", at: Self.date(5))
        let copy = try self.directory.snapshot()
        let next = try SQLiteStore(directory: copy.path, metering: nil, logger: .silent)
        let left = try await next.liveCalls()
        #expect(left.map(\.callID) == ["c"])
        #expect(left.first?.dialledAt == Self.date(5))
        #expect(try await next.claim(callID: "c", at: Self.date(6)) == nil)
    }

    @Test("a call put back waits for its next attempt as if nothing had been")
    func requeue() async throws {
        try await self.store.insert(Self.order("c"))
        _ = try await self.store.claim(callID: "c", at: Self.date(1))
        var change = CallChange()
        change.callSID = "CA1"
        change.status = .ringing
        change.carrierSequence = 3
        change.answeredBy = "human"
        try await self.store.update(callID: "c", change)
        self.store.append(Samples.entry(.usage(Samples.usage(4))), to: "c")
        try await self.store.flush()
        self.store.append(Samples.entry(.ended(.noAnswer, errorMessage: "no answer"), at: 2), to: "c")
        #expect(try await self.store.call(id: "c")?.endReason == .noAnswer)

        let queued = try await self.store.requeue(callID: "c", attempt: 2, dialAt: Self.date(1_800))
        var expected = Self.order("c", dueAfter: 1_800)
        expected.attempt = 2
        expected.usage = Samples.usage(4)
        #expect(queued == expected)
        #expect(try await self.store.call(id: "c") == expected)
        #expect(try await self.store.journal(of: "c").isEmpty)
        try await self.store.flush()
        #expect(try await self.store.journal(of: "c").isEmpty, "what waited for the disk is gone as well")
        #expect(try await self.store.liveCalls().isEmpty)
        #expect(try await self.store.claim(callID: "c", at: Self.date(1_801))?.attempt == 2)
    }

    @Test("nothing is put back that is queued, over, talked in or further on")
    func requeueRefuses() async throws {
        #expect(try await self.store.requeue(callID: "unknown", attempt: 2, dialAt: Self.date(0)) == nil)
        for status in CallRecord.Status.allCases {
            var call = Self.order(status.rawValue)
            call.status = status
            try await self.store.insert(call)
            let isBack = try await self.store.requeue(callID: call.callID, attempt: 2, dialAt: Self.date(0)) != nil
            #expect(isBack == [.initiating, .ringing, .inProgress].contains(status))
        }
        var talked = Self.order("talked")
        talked.status = .inProgress
        try await self.store.insert(talked)
        self.store.append(Samples.turn("a", order: 1, "Hello?"), to: "talked")
        #expect(try await self.store.requeue(callID: "talked", attempt: 2, dialAt: Self.date(0)) == nil)
        var third = Self.order("third")
        third.status = .ringing
        third.attempt = 3
        try await self.store.insert(third)
        #expect(try await self.store.requeue(callID: "third", attempt: 2, dialAt: Self.date(0)) == nil)
    }

    @Test("calls are due in the order of their times, and nobody else's are")
    func due() async throws {
        for (callID, seconds) in [("later", 20.0), ("first", 5), ("second", 10)] {
            try await self.store.insert(Self.order(callID, dueAfter: seconds))
        }
        var copy = Self.order("copy")
        copy.dialAt = nil
        try await self.store.insert(copy)
        #expect(try await self.store.nextDue() == Self.date(5))
        #expect(try await self.store.queuedCalls(dueBy: Self.date(10), limit: 9).map(\.callID) == ["first", "second"])
        #expect(try await self.store.queuedCalls(dueBy: Self.date(99), limit: 1).map(\.callID) == ["first"])
        try await self.store.postpone(callID: "first", to: Self.date(15))
        #expect(try await self.store.nextDue() == Self.date(10))
        _ = try await self.store.claim(callID: "second", at: Self.date(10))
        try await self.store.postpone(callID: "second", to: Self.date(50))
        #expect(try await self.store.call(id: "second")?.dialAt == Self.date(10), "it is not queued any more")
        #expect(try await self.store.queuedCalls(dueBy: Self.date(99), limit: 9).map(\.callID) == ["first", "later"])
        #expect(try await self.store.queuedCalls(to: "+15550100002").map(\.callID) == ["copy", "first", "later"])
        #expect(try await self.store.queuedCalls(to: "+15550100003").isEmpty)
    }

    @Test("an order for a call that is on record but was never ordered takes it up")
    func takesUpCopy() async throws {
        var copy = Self.order("c")
        copy.dialAt = nil
        copy.voice = nil
        try await self.store.insert(copy)
        #expect(try await self.store.nextDue() == nil)
        #expect(try await self.store.insert(Self.order("c", dueAfter: 3), idempotency: nil) == .inserted)
        #expect(try await self.store.call(id: "c") == Self.order("c", dueAfter: 3))
        #expect(try await self.store.insert(Self.order("c", dueAfter: 4), idempotency: nil) == .exists)
    }

    @Test("numbers that must not be called are kept with their first entry until they are taken off")
    func optOuts() async throws {
        let first = OptOut(number: "+15550100001", at: Self.date(1), source: .call)
        let second = OptOut(number: "+15550100002", at: Self.date(2), source: .api)
        try await self.store.optOut(first)
        try await self.store.optOut(second)
        try await self.store.optOut(OptOut(number: first.number, at: Self.date(9), source: .api))
        #expect(try await self.store.optOuts() == [second, first])
        #expect(try await self.store.isOptedOut(first.number))
        #expect(try await self.store.removeOptOut(number: first.number))
        #expect(try await !self.store.removeOptOut(number: first.number))
        #expect(try await !self.store.isOptedOut(first.number))
    }

    @Test("statistics count the calls of their time by outcome")
    func statistics() async throws {
        #expect(try await self.store.statistics(since: Self.date(0)) == CallStatistics())
        for (index, outcome) in [CallRecord.Outcome.goalAchieved, .goalAchieved, .noAnswer, .error].enumerated() {
            var call = Samples.call("c\(index)", status: .completed, createdAt: Self.date(Double(index)))
            call.outcome = outcome
            call.durationSeconds = 10 * index
            call.startedAt = outcome == .goalAchieved ? call.createdAt : nil
            call.costUSD = 0.5
            try await self.store.insert(call)
        }
        try await self.store.insert(Samples.call("live", createdAt: Self.date(5)))
        let statistics = try await self.store.statistics(since: Self.date(1))
        #expect(statistics.calls == 4)
        #expect(statistics.outcomes == [.goalAchieved: 1, .noAnswer: 1, .error: 1])
        #expect(statistics.averageDurationSeconds == 10)
        #expect(statistics.costUSD == 1.5)
    }

    @Test("a caller is known by the newest call with them")
    func knownCaller() async throws {
        var old = Self.order("old")
        old.leadID = "old"
        try await self.store.insert(old)
        var new = Self.order("new")
        new.createdAt = Self.date(5)
        try await self.store.insert(new)
        #expect(
            await self.store.knownCaller(number: "+15550100002")
                == KnownCaller(leadID: "lead", businessID: "business", consumerID: "consumer", context: new.context)
        )
        #expect(await self.store.knownCaller(number: "+15550100001") == nil, "that is our own number")
        var inbound = Samples.call("in", createdAt: Self.date(9))
        inbound.from = "+15550100009"
        inbound.to = "+15550100001"
        try await self.store.insert(inbound)
        #expect(await self.store.knownCaller(number: "+15550100009") == KnownCaller())
    }

    @Test("no question of the dialler reads the whole table")
    func usesIndexes() async throws {
        let questions = [
            "SELECT * FROM calls WHERE status = 'queued' AND dial_at <= 1 ORDER BY dial_at, created_at, call_id LIMIT 1",
            "SELECT min(dial_at) FROM calls WHERE status = 'queued' AND dial_at IS NOT NULL",
            "SELECT * FROM calls WHERE to_number = '' AND status = 'queued' ORDER BY created_at, call_id",
            "DELETE FROM idempotency_keys WHERE at < 1",
            "SELECT count(*) FROM calls WHERE created_at >= 1",
            """
            SELECT lead_id FROM calls WHERE (from_number = '' AND direction = 'inbound')
            OR (to_number = '' AND direction = 'outbound') ORDER BY created_at DESC, call_id DESC LIMIT 1
            """,
        ]
        for question in questions {
            let plan = try await self.store.database.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + question).map { $0["detail"] as String }
            }
            #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(question): \(plan)")
        }
    }

    @Test("a database of the first version opens, and its calls are whole")
    func migrates() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/" + SQLiteStore.fileName
        do {
            let database = try DatabasePool(path: path)
            try StoreSchema.migrator.migrate(database, upTo: "numbers")
            try await database.write { db in
                try db.execute(
                    sql: """
                        INSERT INTO calls (call_id, direction, status, attempt, created_at, transcript, usage, context)
                        VALUES ('c', 'inbound', 'in_progress', 1, 800000000.125, '[]', '{}', '{}')
                        """
                )
            }
            try database.close()
        }
        let store = try SQLiteStore(directory: directory.path, metering: nil, logger: .silent)
        var expected = Samples.call("c")
        expected.callSID = nil
        #expect(try await store.call(id: "c") == expected)
    }
}
