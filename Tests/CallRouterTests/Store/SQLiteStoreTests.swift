import CallActors
import Foundation
import GRDB
import Testing

@testable import CallRouter

@Suite struct SQLiteStoreTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = try SQLiteStore(directory: self.directory.path, metering: nil, logger: .silent)
    }

    @Test("a call comes back exactly as it was stored")
    func roundTrip() async throws {
        let call = Samples.fullCall("c")
        try await self.store.insert(call)
        #expect(try await self.store.call(id: "c") == call)
        #expect(try await self.store.call(id: "unknown") == nil)
    }

    @Test("a rehearsal leaves nothing")
    func rehearsal() async throws {
        try await self.store.insert(Samples.call("c"))
        for _ in 0..<2 { await self.store.rehearse() }
        #expect(try await self.store.calls(status: nil, limit: 10, cursor: nil).calls.map(\.callID) == ["c"])
        let entries = try await self.store.read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM journal") }
        #expect(entries == 0)
        #expect(self.store.outboxPending == 0)
    }

    @Test("every field of a change is written")
    func changesEverything() async throws {
        try await self.store.insert(Samples.call("c"))
        var change = CallChange()
        change.callSID = "CA9"
        change.status = .completed
        change.outcome = .goalAchieved
        change.endReason = .aiHangup
        change.startedAt = Samples.start.addingTimeInterval(1.1)
        change.endedAt = Samples.start.addingTimeInterval(61.7)
        change.durationSeconds = 60
        change.transcript = [Samples.line(.assistant, "Hello"), Samples.line(.user, "Hi")]
        change.summary = "A talk."
        change.consumerInterestLevel = .high
        change.nextAction = "Call back"
        change.appointmentTime = "2026-12-01T10:00:00Z"
        change.quoteAmount = 99.5
        change.recordingURL = "https://example.com/r.wav"
        change.errorMessage = "none"
        change.usage = Samples.usage(5)
        change.costUSD = 0.25
        change.carrierSequence = 4
        change.answeredBy = "human"
        var expected = Samples.call("c")
        expected.apply(change)
        #expect(try await self.store.update(callID: "c", change) == expected)
        #expect(try await self.store.call(id: "c") == expected)
        #expect(try await self.store.update(callID: "unknown", change) == nil)
    }

    @Test("storing a call again does nothing")
    func insertsOnce() async throws {
        try await self.store.insert(Samples.call("c", status: .ringing))
        try await self.store.insert(Samples.call("c", status: .queued))
        #expect(try await self.store.call(id: "c")?.status == .ringing)
    }

    @Test("the carrier's identifier finds the newest of its calls")
    func findsBySID() async throws {
        for (index, callID) in ["old", "new", "middle"].enumerated() {
            var call = Samples.call(callID, createdAt: Samples.start.addingTimeInterval([0, 20, 10][index]))
            call.callSID = "CA1"
            try await self.store.insert(call)
        }
        #expect(try await self.store.call(sid: "CA1")?.callID == "new")
        #expect(try await self.store.call(sid: "CA2") == nil)
    }

    @Test("a late status of the carrier never moves a stored call back")
    func guardsStatus() async throws {
        try await self.store.insert(Samples.call("c", status: .inProgress))
        var late = CallChange()
        late.status = .ringing
        #expect(try await self.store.update(callID: "c", late)?.status == .inProgress)
        #expect(try await self.store.call(id: "c")?.status == .inProgress)
    }

    @Test("an earlier call from or to a number is known")
    func knowsNumbers() async throws {
        try await self.store.insert(Samples.fullCall("c"))
        #expect(await self.store.hasCall(withNumber: "+15550100001"))
        #expect(await self.store.hasCall(withNumber: "+15550100002"))
        #expect(await !self.store.hasCall(withNumber: "+15550100003"))
    }

    @Test("no question that a call asks reads the whole table")
    func usesIndexes() async throws {
        let questions = [
            "SELECT 1 FROM calls WHERE call_sid = '' ORDER BY created_at DESC, call_id DESC LIMIT 1",
            "SELECT 1 FROM calls WHERE from_number = '' OR to_number = ''",
            "SELECT call_id FROM calls WHERE outcome IS NULL AND status IN ('completed', 'failed') ORDER BY ended_at",
            "SELECT * FROM calls WHERE status IN ('initiating', 'ringing', 'in_progress') ORDER BY created_at, call_id",
            "SELECT call_id FROM calls WHERE (created_at, call_id) < (1, '') ORDER BY created_at DESC, call_id DESC",
            """
            SELECT call_id FROM calls WHERE status = '' AND (created_at, call_id) < (1, '')
            ORDER BY created_at DESC, call_id DESC
            """,
            "SELECT seq FROM journal WHERE call_id = '' ORDER BY seq",
        ]
        for question in questions {
            let plan = try await self.store.database.read { db in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + question).map { $0["detail"] as String }
            }
            let readsAll = plan.contains { $0.hasPrefix("SCAN") && !$0.contains("calls_awaiting_summary") }
            #expect(!readsAll, "\(question): \(plan)")
        }
    }

    @Test("live calls are those neither queued nor over, as their journals tell them")
    func liveCalls() async throws {
        for (index, status) in CallRecord.Status.allCases.enumerated() {
            let createdAt = Samples.start.addingTimeInterval(Double(index))
            try await self.store.insert(Samples.call(status.rawValue, status: status, createdAt: createdAt))
        }
        self.store.append(Samples.turn("a", order: 1, "on disk"), to: "in_progress")
        try await self.store.flush()
        self.store.append(Samples.entry(.ended(.streamLost, errorMessage: nil), at: 9), to: "in_progress")
        let live = try await self.store.liveCalls()
        #expect(live.map(\.callID) == ["initiating", "ringing", "in_progress"])
        #expect(live.last?.transcript.map(\.content) == ["on disk"])
        #expect(live.last?.endReason == .streamLost)
    }

    @Test("a summary is owed to calls that are over without outcome, the oldest end first")
    func awaitingSummary() async throws {
        for (callID, end) in [("late", 20.0), ("early", 10), ("known", 5)] {
            try await self.store.insert(Samples.call(callID))
            var change = CallChange()
            change.status = .completed
            change.endedAt = Samples.start.addingTimeInterval(end)
            change.outcome = callID == "known" ? .voicemail : nil
            try await self.store.update(callID: callID, change)
        }
        try await self.store.insert(Samples.call("live"))
        #expect(try await self.store.callsAwaitingSummary().map(\.callID) == ["early", "late"])
    }

    @Test("pages are newest first, hold each call once, and new calls do not shift them")
    func pages() async throws {
        for index in 0..<25 {
            // Some were created at the same instant: the identifier settles their order.
            let createdAt = Samples.start.addingTimeInterval(Double(index / 3))
            var call = Samples.call(
                "call\(index)",
                status: index.isMultiple(of: 2) ? .queued : .ringing,
                createdAt: createdAt
            )
            call.transcript = [Samples.line(.user, "not in a list")]
            try await self.store.insert(call)
        }
        var seen: [CallRecord] = []
        var cursor: String?
        repeat {
            let page = try await self.store.calls(status: nil, limit: 4, cursor: cursor)
            #expect(page.calls.count <= 4)
            seen += page.calls
            cursor = page.nextCursor
            let newer = Samples.call("newer\(seen.count)", createdAt: Samples.start.addingTimeInterval(1_000))
            try await self.store.insert(newer)
        } while cursor != nil
        #expect(Set(seen.map(\.callID)) == Set((0..<25).map { "call\($0)" }))
        #expect(seen.count == 25)
        #expect(seen.map(\.createdAt) == seen.map(\.createdAt).sorted(by: >))
        #expect(seen.allSatisfy { $0.transcript.isEmpty })
        let queued = try await self.store.calls(status: .queued, limit: 100, cursor: nil)
        #expect(queued.calls.count == 13)
        #expect(queued.nextCursor == nil)
        #expect(try await self.store.calls(status: nil, limit: -5, cursor: nil).calls.count == 1)
    }

    @Test("a page that ends with the last call has no next one")
    func exactPage() async throws {
        for index in 0..<4 { try await self.store.insert(Samples.call("c\(index)")) }
        let page = try await self.store.calls(status: nil, limit: 4, cursor: nil)
        #expect(page.calls.count == 4)
        #expect(page.nextCursor == nil)
    }

    @Test("a cursor that is none is refused")
    func refusesCursor() async throws {
        await #expect(throws: StoreError.self) { try await self.store.calls(status: nil, limit: 1, cursor: "x") }
    }

    @Test("a cancelled task still gets its write in")
    func cancelledTask() async throws {
        let store = self.store
        let write = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            #expect(Task.isCancelled)
            try await store.insert(Samples.call("c"))
            return try await store.call(id: "c")
        }
        #expect(try await write.value == Samples.call("c"))
    }

    @Test("what cannot be read is an error of that call, not of the process")
    func damagedRow() async throws {
        try await self.store.insert(Samples.call("c"))
        try await self.store.database.write { try $0.execute(sql: "UPDATE calls SET status = 'frozen'") }
        await #expect(throws: StoreError.self) { try await self.store.call(id: "c") }
        try await self.store.database.write { try $0.execute(sql: "UPDATE calls SET status = 'queued', usage = '{'") }
        let error = await #expect(throws: StoreError.self) { try await self.store.call(id: "c") }
        #expect(error == .refused("the column usage of a stored call holds damaged JSON"))
    }
}
