import CallActors
import Foundation
import Logging
import Testing
import Wire

@testable import CallRouter

extension SupabaseTests {
    @Suite struct Schema {
        private let directory: TemporaryDirectory
        private let supabase: SupabaseStandIn

        init() async throws {
            self.directory = try TemporaryDirectory()
            self.supabase = try await SupabaseStandIn.shared
            try await self.supabase.reset()
        }

        @Test("without the migration every row goes through, with one warning for each missing column")
        func originalSchema() async throws {
            try await self.supabase.reset(isMigrated: false)
            let log = RecordedLog()
            let store = try self.supabase.store(in: self.directory, log: log)
            try await store.running {
                var ids: [String] = []
                for index in 0..<3 {
                    let order = SupabaseTests.order()
                    ids.append(order.callID)
                    try await store.insert(order)
                    _ = try await store.claim(callID: order.callID, at: Date())
                    var end = SupabaseTests.end(.goalAchieved, appointment: "2026-12-01T10:00")
                    end.callSID = "CA\(index)"
                    end.errorMessage = "none"
                    end.quoteAmount = 3
                    end.transcript = [Samples.line(.user, "Hi")]
                    try await store.update(callID: order.callID, end)
                }
                try await store.settled()
                for id in ids {
                    let row = try #require(try await self.supabase.call(id))
                    #expect(row["status"] == "completed")
                    #expect(row["outcome"] == "goal_achieved")
                    #expect(row["transcript"]?.elements?.count == 1)
                }
                for column in SupabaseColumns.optional { #expect(log.count("no column \(column):") == 1, "\(column)") }
                #expect(try await store.call(sid: "CA-unknown") == nil)
            }
        }

        @Test(
            "the columns that may be missing are those that the migration adds, and every column that is written is checked"
        )
        func migration() throws {
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../..")
            let sql = try String(contentsOf: root.appendingPathComponent("ops/supabase/migration.sql"), encoding: .utf8)
            let added = sql.matches(of: /calls add column if not exists (\w+)/).map { String($0.1) }
            #expect(Set(added) == Set(SupabaseColumns.optional))
            var record = SupabaseTests.order()
            record.transcript = [Samples.line(.user, "Hi")]
            record.usage = Samples.usage(1)
            record.costUSD = 1
            record.quoteAmount = 1
            record.durationSeconds = 1
            let known = Set(SupabaseColumns.optional + SupabaseColumns.original)
            #expect(Set(SupabaseRow.inserted(record).keys).isSubset(of: known))
            #expect(SupabaseColumns.essential.isSubset(of: known))
        }

        @Test("a column that disappears while the router runs is left out from then on")
        func columnDropped() async throws {
            let log = RecordedLog()
            let store = try self.supabase.store(in: self.directory, log: log)
            try await store.running {
                try await store.insert(SupabaseTests.order())
                try await store.settled()
                try await self.supabase.sql("alter table calls drop column cost_breakdown")
                let order = SupabaseTests.order()
                try await store.insert(order)
                var end = SupabaseTests.end(.noAnswer)
                end.usage = Samples.usage(1)
                try await store.update(callID: order.callID, end)
                try await store.settled()
                #expect(try await self.supabase.call(order.callID)?["outcome"] == "no_answer")
                #expect(log.count("no column cost_breakdown:") == 1)
            }
        }

        @Test("a call that came in is written with its caller, for the user that is set")
        func inbound() async throws {
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                var call = CallRecord(
                    callID: UUID().uuidString.lowercased(),
                    callSID: "CA1",
                    direction: .inbound,
                    status: .ringing,
                    createdAt: Samples.start
                )
                call.from = "+15550100009"
                call.to = "+15550100001"
                try await store.insert(call)
                var anonymous = call
                anonymous.callID = UUID().uuidString.lowercased()
                anonymous.callSID = "CA2"
                anonymous.from = nil
                try await store.insert(anonymous)
                try await store.settled()
                let row = try #require(try await self.supabase.call(call.callID))
                #expect(row["call_objective"] == "inbound")
                #expect(row["target_phone"] == "+15550100009")
                #expect(row["initiator_id"] == "user_1")
                #expect(try await self.supabase.call(anonymous.callID)?["target_phone"] == "unknown")
            }
        }

        @Test("references that do not exist are left out with a warning, and a user is found for every call")
        func danglingReferences() async throws {
            try await SupabaseTests.addRelations(to: self.supabase)
            try await self.supabase.sql("insert into users (id, email) values ('owner', 'o@x'), ('fallback', 'f@x')")
            try await self.supabase.sql("update leads set user_id = 'owner'")
            let log = RecordedLog()
            let store = try self.supabase.store(in: self.directory, initiatorID: "fallback", log: log)
            try await store.running {
                var dangling = SupabaseTests.order()
                dangling.leadID = "99999999-9999-4999-8999-999999999999"
                dangling.businessID = "no UUID"
                dangling.consumerID = "nobody"
                dangling.initiatorID = "nobody either"
                var owned = SupabaseTests.order()
                owned.initiatorID = nil
                owned.leadID = SupabaseTests.lead
                var consumed = SupabaseTests.order()
                consumed.initiatorID = nil
                consumed.consumerID = "user_1"
                for call in [dangling, owned, consumed] { try await store.insert(call) }
                try await store.settled()
                let row = try #require(try await self.supabase.call(dangling.callID))
                for column in ["lead_id", "business_id", "consumer_id"] { #expect(row[column] == .null, "\(column)") }
                #expect(row["initiator_id"] == "fallback")
                #expect(try await self.supabase.call(owned.callID)?["initiator_id"] == "owner")
                #expect(try await self.supabase.call(consumed.callID)?["initiator_id"] == "user_1")
                for column in ["lead_id", "consumer_id", "initiator_id"] {
                    #expect(log.count("names a \(column) that") > 0, "\(column)")
                }
                #expect(log.count("nobody", from: .info) == 0, "values are not logged")
            }
        }

        @Test("a value that its column does not take costs that value, not the call")
        func badValues() async throws {
            try await self.supabase.sql("alter table calls alter column next_action type varchar(3)")
            try await self.supabase.sql(
                "insert into calls (id, initiator_id, target_phone, call_objective, twilio_call_sid) "
                    + "values (gen_random_uuid(), 'user_1', '+1', 'x', 'CA1')"
            )
            let log = RecordedLog()
            let store = try self.supabase.store(in: self.directory, log: log)
            try await store.running {
                let order = SupabaseTests.order()
                try await store.insert(order)
                try await store.settled()
                var end = SupabaseTests.end(.goalAchieved, appointment: "2026-11-24T10:00+23:00")
                end.nextAction = "Far too long"
                end.callSID = "CA1"
                end.summary = "They agreed."
                try await store.update(callID: order.callID, end)
                try await store.settled()
                let row = try #require(try await self.supabase.call(order.callID))
                #expect(row["outcome"] == "goal_achieved")
                #expect(row["summary"] == "They agreed.")
                #expect(row["twilio_call_sid"] == .null)
                #expect(log.count("has the same twilio_call_sid") == 1)
                #expect(log.count("does not fit its column") == 1)
                #expect(log.count("Far too long", from: .trace) == 0)
            }
        }
    }
}
