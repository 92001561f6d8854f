import CallActors
import Foundation
import Logging
import Testing
import Wire

@testable import CallRouter

extension SupabaseTests {
    @Suite struct Outages {
        private let directory: TemporaryDirectory
        private let supabase: SupabaseStandIn

        init() async throws {
            self.directory = try TemporaryDirectory()
            self.supabase = try await SupabaseStandIn.shared
            try await self.supabase.reset()
        }

        @Test("an outage costs nothing, also where the router is started again meanwhile", arguments: ["api", "db"])
        func outage(part: String) async throws {
            try await SupabaseTests.addRelations(to: self.supabase)
            var first = SupabaseTests.order()
            first.leadID = SupabaseTests.lead
            let second = SupabaseTests.order()
            let log = RecordedLog()
            let before = try self.supabase.store(in: self.directory, log: log)
            try await before.running {
                try await before.insert(first)
                try await before.settled()
                try await self.supabase.control("/\(part)/stop")
                _ = try await before.claim(callID: first.callID, at: Date())
                try await before.update(callID: first.callID, SupabaseTests.change(.inProgress))
                try await before.insert(second)
                try await before.local.outboxState(where: { $0.count == 2 })
                #expect(try await before.call(id: first.callID)?.status == .inProgress)
                // The worker has tried, and said so.
                try await log.wait(for: "waits in the outbox")
                #expect(before.local.outboxPending >= 2)
                #expect(before.local.outboxOldestAge > .zero)
            }
            let after = try self.supabase.store(in: self.directory)
            try await after.running {
                try await after.update(callID: first.callID, SupabaseTests.end(.goalAchieved))
                await #expect(throws: StoreError.self) { try await after.call(id: UUID().uuidString) }
                #expect(try await after.liveCalls().isEmpty)
                try await self.supabase.control("/\(part)/start")
                try await self.supabase.call(first.callID) { $0["status"] == "completed" }
                try await self.supabase.call(second.callID) { $0["status"] == "queued" }
                try await after.local.outboxState(where: { $0.count == 0 })
                #expect(try await self.supabase.sql("select status from leads").first?["status"] == "contacted")
                #expect(try await self.supabase.sql("select count(*) as n from calls").first?["n"] == 2)
            }
            #expect(after.local.outboxPending == 0)
        }

        @Test("what was written without an answer is written again to the same effect")
        func lostAnswers() async throws {
            try await SupabaseTests.addRelations(to: self.supabase)
            for method in ["POST", "PATCH", "PATCH"] {
                try await self.supabase.control(
                    "/fault",
                    #"{"method":"\#(method)","late":true,"status":500}"#
                )
            }
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                var order = SupabaseTests.order()
                order.leadID = SupabaseTests.lead
                try await store.insert(order)
                try await store.update(callID: order.callID, SupabaseTests.change(.ringing) { $0.callSID = "CA1" })
                try await store.update(callID: order.callID, SupabaseTests.end(.declined))
                try await store.local.outboxState(where: { $0.count == 0 })
                let rows = try await self.supabase.sql("select status, outcome, twilio_call_sid from calls")
                #expect(rows == [["status": "completed", "outcome": "declined", "twilio_call_sid": "CA1"]])
                #expect(try await self.supabase.sql("select status from leads").first?["status"] == "declined")
            }
        }

        @Test("a row that cannot be written keeps no other from being written, and is written once it can be")
        func poison() async throws {
            var homeless = SupabaseTests.order()
            homeless.initiatorID = nil
            let damaged = SupabaseTests.order()
            let log = RecordedLog()
            let before = try self.supabase.store(in: self.directory, initiatorID: nil, log: log)
            try await self.supabase.control(
                "/fault",
                #"{"body":"\#(damaged.callID)","status":500,"code":"XX000","count":1000}"#
            )
            // All of them wait when the worker begins: a damaged row that is tried alone looks like an outage.
            try await before.insert(homeless)
            try await before.insert(damaged)
            for _ in 0..<30 { try await before.insert(SupabaseTests.order()) }
            try await before.running {
                try await before.local.outboxState(where: { $0.count == 2 })
                #expect(try await self.supabase.sql("select count(*) as n from calls").first?["n"] == 30)
                #expect(log.count("neither the call, its consumer nor its lead") == 1)
                #expect(log.count("Calls go on") == 0, "this is no outage: \(log.lines)")
                try await before.insert(SupabaseTests.order())
                try await before.local.outboxState(where: { $0.count == 2 })
            }
            try await self.supabase.control("/faults/clear")
            let after = try self.supabase.store(in: self.directory, initiatorID: "user_1")
            try await after.running {
                try await after.local.outboxState(where: { $0.count == 0 })
                #expect(try await self.supabase.call(homeless.callID)?["initiator_id"] == "user_1")
                #expect(try await self.supabase.sql("select count(*) as n from calls").first?["n"] == 33)
            }
        }

        @Test(
            "errors of a gateway and of an overloaded database pass",
            arguments: ["html", "PGRST003", "53300", "429"]
        )
        func temporaryErrors(kind: String) async throws {
            let fault =
                switch kind {
                case "html": #"{"status":502,"html":"<html>Bad gateway</html>","count":2}"#
                case "PGRST003": #"{"status":504,"code":"PGRST003","count":2}"#
                case "53300": #"{"status":503,"code":"53300","count":2}"#
                default: #"{"status":429,"html":"{\"message\":\"slow down\"}","count":2}"#
                }
            try await self.supabase.control("/fault", fault)
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                let order = SupabaseTests.order()
                try await store.insert(order)
                try await self.supabase.call(order.callID) { $0["status"] == "queued" }
            }
        }

        @Test("a refused key is told as such, and loses nothing")
        func wrongKey() async throws {
            let order = SupabaseTests.order()
            let log = RecordedLog()
            let before = try self.supabase.store(in: self.directory, key: "wrong.key.here", log: log)
            try await before.running {
                try await before.insert(order)
                try await log.wait(for: "Supabase refuses every request")
                #expect(log.count("wrong.key", from: .trace) == 0)
            }
            let after = try self.supabase.store(in: self.directory, key: self.supabase.secretKey)
            try await after.running {
                try await self.supabase.call(order.callID) { $0["status"] == "queued" }
                let requests = try await self.supabase.control("/requests").elements ?? []
                #expect(requests.last?["has_authorization"] == .bool(false), "a key of the new style is no JWT")
            }
        }

        @Test("rows that are hidden from the key are no success")
        func hiddenRows() async throws {
            try await self.supabase.sql("alter table calls enable row level security")
            let log = RecordedLog()
            let order = SupabaseTests.order()
            let store = try self.supabase.store(in: self.directory, key: self.supabase.anonymousKey, log: log)
            try await store.running {
                try await store.insert(order)
                try await log.wait(for: "Supabase refuses every request")
                #expect(try await store.local.outboxState().count == 1)
            }
        }

        @Test("whatever happens on the way, every call ends there as it ended here, and no status ever goes back")
        func random() async throws {
            try await self.supabase.sql(
                """
                create table history (id serial, call_id uuid, attempt int, status text);
                create function remember() returns trigger language plpgsql security definer as $$ begin
                    insert into public.history (call_id, attempt, status)
                    values (new.id, new.attempt_number, new.status); return new; end $$;
                create trigger remember after insert or update on calls for each row execute function remember()
                """
            )
            var random = SeededGenerator(seed: 7)
            let store = try self.supabase.store(in: self.directory)
            let ids = (0..<12).map { _ in UUID().uuidString.lowercased() }
            try await store.running {
                for id in ids { try await store.insert(SupabaseTests.order(id)) }
                for step in 0..<300 {
                    let id = ids[Int.random(in: 0..<ids.count, using: &random)]
                    switch Int.random(in: 0..<10, using: &random) {
                    case 0...1: _ = try await store.local.claim(callID: id, at: Date())
                    case 2:
                        let attempt = try await store.call(id: id)?.attempt ?? 1
                        _ = try await store.requeue(callID: id, attempt: attempt + 1, dialAt: Date())
                    case 3 where step % 4 == 0: try await store.update(callID: id, SupabaseTests.end(.goalAchieved))
                    case 4 where step % 2 == 0:
                        let isLate = Bool.random(using: &random)
                        try await self.supabase.control(
                            "/fault",
                            #"{"body":"\#(id)","status":503,"code":"PGRST000","late":\#(isLate)}"#
                        )
                    default:
                        let status = [CallRecord.Status.initiating, .ringing, .inProgress]
                            .randomElement(using: &random)
                        try await store.update(
                            callID: id,
                            SupabaseTests.change(status) { $0.callSID = "CA\(id)\(step)" }
                        )
                    }
                }
                try await self.supabase.control("/faults/clear")
                try await store.local.outboxState(where: { $0.count == 0 })
                for id in ids {
                    let here = try #require(try await store.local.call(id: id))
                    let there = try #require(try await self.supabase.call(id))
                    #expect(there["status"]?.text == here.status.rawValue)
                    #expect(there["attempt_number"]?.integer == here.attempt)
                    #expect(there["twilio_call_sid"]?.text == here.callSID)
                    #expect(there["outcome"]?.text == here.outcome?.rawValue)
                    let history = try await self.supabase.sql(
                        "select attempt, status from history where call_id = '\(id)' order by id"
                    )
                    let places = history.map { row in
                        let status = row["status"]?.text.flatMap(CallRecord.Status.init(rawValue:)) ?? .failed
                        let rank = status.isTerminal ? 4 : CallRecord.Status.allCases.firstIndex(of: status) ?? 0
                        return (row["attempt"]?.integer ?? 0) * 10 + rank
                    }
                    #expect(places == places.sorted(), "\(history)")
                }
            }
        }
    }
}

extension SQLiteStore {
    /// Waits until the outbox is as `condition` wants it.
    func outboxState(where condition: (OutboxState) -> Bool) async throws {
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        var state = try await self.outboxState()
        while !condition(state), ContinuousClock.now < deadline { state = try await self.outboxState() }
        try #require(condition(state), "the outbox stayed at \(state.count)")
    }
}
