import CallActors
import Foundation
import NIOPosix
import Testing
import Wire

@testable import CallRouter

extension SupabaseTests {
    @Suite struct Reading {
        private let directory: TemporaryDirectory
        private let supabase: SupabaseStandIn

        init() async throws {
            self.directory = try TemporaryDirectory()
            self.supabase = try await SupabaseStandIn.shared
            try await self.supabase.reset()
            try await SupabaseTests.addRelations(to: self.supabase)
        }

        /// A row as another program writes it.
        private func addCall(_ id: String, status: String, more: String = "") async throws {
            try await self.supabase.sql(
                """
                insert into calls (id, lead_id, business_id, consumer_id, initiator_id, target_phone, call_type,
                    call_objective, status, twilio_call_sid)
                values ('\(id)', '\(SupabaseTests.lead)', '\(SupabaseTests.business)', 'user_1', 'user_1', '+15550100002',
                    'follow_up', 'Ask again', '\(status)', 'CA-\(id)'); \(more)
                """
            )
        }

        @Test("a call that only Supabase has comes with its lead and business, and goes on here")
        func fetches() async throws {
            let id = UUID().uuidString.lowercased()
            try await self.addCall(id, status: "scheduled")
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                let call = try #require(try await store.call(id: id.uppercased()))
                #expect(call.callID == id)
                #expect(call.status == .queued)
                #expect(call.direction == .outbound)
                #expect(call.to == "+15550100002")
                #expect(call.objective == "Ask again")
                #expect(call.callType == "follow_up")
                #expect(call.context["service_category"] == "plumbing")
                #expect(call.context["problem_text"] == "The tap drips")
                #expect(call.context["urgency"] == "high")
                #expect(call.context["budget_max"] == "500")
                #expect(call.context["location_zip"] == "10001")
                #expect(call.context["key_requirements"] == "licensed, today")
                #expect(call.context["business_name"] == "Pipes & Co")
                #expect(call.context["business_phone_number"] == "15550100003")
                #expect(call.context["customer_name"] == "Ada Jones")
                #expect(try await store.nextDue() == nil, "nobody has ordered it here")
                #expect(try await store.insert(SupabaseTests.order(id), idempotency: nil) == .inserted)
                #expect(try await store.nextDue() == Samples.start)
                _ = try await store.claim(callID: id, at: Date())
                try await store.settled()
                #expect(try await self.supabase.call(id)?["status"] == "initiating")
                #expect(try await store.call(id: UUID().uuidString) == nil)
                #expect(try await store.call(id: "TEST123") == nil)
            }
        }

        @Test("a call is found by the carrier's identifier, and changed where only Supabase had it")
        func findsBySID() async throws {
            let id = UUID().uuidString.lowercased()
            try await self.addCall(id, status: "in_progress")
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                #expect(try await store.call(sid: "CA-\(id)")?.callID == id)
                let other = UUID().uuidString.lowercased()
                try await self.addCall(other, status: "ringing")
                #expect(try await store.update(callID: other, SupabaseTests.end(.declined))?.outcome == .declined)
                try await store.settled()
                #expect(try await self.supabase.call(other)?["outcome"] == "declined")
            }
        }

        @Test(
            "a call that is over there is shown, and neither kept nor summed up again",
            arguments: ["completed", "failed", "cancelled", "no_answer", "goal_achieved", "error"]
        )
        func over(status: String) async throws {
            let id = UUID().uuidString.lowercased()
            try await self.addCall(id, status: status)
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                let call = try #require(try await store.call(id: id))
                #expect(call.status == (["failed", "error"].contains(status) ? .failed : .completed))
                #expect(call.outcome == CallRecord.Outcome(rawValue: status))
                #expect(try await store.local.call(id: id) == nil)
                #expect(try await store.callsAwaitingSummary().isEmpty)
            }
        }

        @Test("an order that names a lead and a business gets their facts once, and its own win")
        func enriches() async throws {
            let store = try self.supabase.store(in: self.directory)
            var order = SupabaseTests.order()
            order.leadID = SupabaseTests.lead
            order.businessID = SupabaseTests.business
            order.consumerID = "user_1"
            order.context = ["urgency": "very high"]
            try await store.insert(order)
            let call = try #require(try await store.call(id: order.callID))
            #expect(call.context["urgency"] == "very high")
            #expect(call.context["problem_text"] == "The tap drips")
            #expect(call.context["business_name"] == "Pipes & Co")
            #expect(call.context["customer_name"] == "Ada Jones")
            let asked = try await self.supabase.control("/requests").elements?.count
            _ = try await store.call(id: order.callID)
            #expect(try await self.supabase.control("/requests").elements?.count == asked)
            await store.shutdown()
        }

        @Test("a caller is known as a lead, as a business or from an earlier call, however the number is written")
        func knownCallers() async throws {
            try await self.addCall(UUID().uuidString, status: "completed")
            try await self.supabase.sql(
                """
                insert into calls (initiator_id, consumer_id, lead_id, target_phone, call_objective)
                values ('user_1', 'user_1', '\(SupabaseTests.lead)', '15550100007', 'x')
                """
            )
            let store = try self.supabase.store(in: self.directory)
            let lead = try #require(await store.knownCaller(number: "+15550100002"))
            #expect(lead.leadID == SupabaseTests.lead)
            #expect(lead.businessID == SupabaseTests.business, "the earlier call was for it")
            #expect(lead.context["problem_text"] == "The tap drips")
            #expect(lead.context["business_name"] == "Pipes & Co")
            let business = try #require(await store.knownCaller(number: "+15550100003"))
            #expect(business.businessID == SupabaseTests.business)
            #expect(business.leadID == nil)
            let earlier = try #require(await store.knownCaller(number: "+15550100007"))
            #expect(earlier.leadID == SupabaseTests.lead)
            #expect(earlier.consumerID == "user_1")
            #expect(await store.knownCaller(number: "+15550100099") == nil)
            try await self.supabase.control("/api/stop")
            #expect(await store.knownCaller(number: "+15550100002") == nil)
            var order = SupabaseTests.order()
            order.leadID = SupabaseTests.lead
            try await store.insert(order)
            #expect(await store.knownCaller(number: "+15550100002")?.leadID == SupabaseTests.lead)
            await store.shutdown()
        }

        @Test("the user that a call is written for is its own, its consumer, its lead's owner or the one that is set")
        func initiators() async throws {
            let store = try self.supabase.store(in: self.directory, initiatorID: "fallback")
            var order = NewCall(to: "+15550100002", callType: "follow_up", objective: "x")
            #expect(try await store.initiator(for: order) == "fallback")
            order.leadID = SupabaseTests.lead
            #expect(try await store.initiator(for: order) == "user_1")
            order.consumerID = "consumer"
            #expect(try await store.initiator(for: order) == "consumer")
            order.initiatorID = "initiator"
            #expect(try await store.initiator(for: order) == "initiator")
            await store.shutdown()
            let bare = try self.supabase.store(in: TemporaryDirectory(), initiatorID: nil)
            order = NewCall(to: "+15550100002", callType: "follow_up", objective: "x")
            #expect(try await bare.initiator(for: order) == nil)
            order.leadID = SupabaseTests.lead
            try await self.supabase.control("/api/stop")
            await #expect(throws: StoreError.self) { try await bare.initiator(for: order) }
            await bare.shutdown()
        }

        @Test("on a new disk lists and totals are those of Supabase")
        func listsOfAFreshStore() async throws {
            for index in 0..<5 {
                try await self.supabase.sql(
                    """
                    insert into calls (initiator_id, target_phone, call_objective, status, outcome, started_at,
                        duration_seconds, actual_cost_usd, created_at)
                    values ('user_1', '+1', 'x', 'completed', 'declined', now(), \(index * 10), 0.5,
                        '2026-11-23T10:00:0\(index / 2)Z')
                    """
                )
            }
            let store = try self.supabase.store(in: self.directory)
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await store.calls(status: .completed, limit: 2, cursor: cursor)
                seen += page.calls.map(\.callID)
                cursor = page.nextCursor
            } while cursor != nil
            #expect(seen.count == 5)
            #expect(Set(seen).count == 5)
            #expect(try await store.calls(status: .queued, limit: 2, cursor: nil).calls.isEmpty)
            let statistics = try await store.statistics(since: .distantPast)
            #expect(statistics.calls == 5)
            #expect(statistics.outcomes == [.declined: 5])
            #expect(statistics.averageDurationSeconds == 20)
            #expect(statistics.costUSD == 2.5)
            try await store.insert(SupabaseTests.order())
            #expect(try await store.calls(status: nil, limit: 9, cursor: nil).calls.count == 1)
            await store.shutdown()
        }

        @Test("a check names what is missing, what is hidden and what is wrong")
        func checks() async throws {
            #expect(await self.check().map(\.grade) == [.ok])
            #expect(await self.check(initiatorID: nil).map(\.grade) == [.ok, .warning])
            try await self.supabase.reset(isMigrated: false)
            let findings = await self.check(initiatorID: "nobody")
            #expect(findings.map(\.grade) == [.ok, .warning, .warning])
            for column in SupabaseColumns.optional { #expect(findings.contains { $0.detail.contains(column) }) }
            #expect(!findings.contains { $0.detail.contains("nobody") })
            try await self.supabase.sql("alter table calls drop column recording_url, drop column cost_breakdown")
            let dropped = await self.check()
            #expect(dropped.map(\.grade) == [.ok, .warning, .warning])
            #expect(dropped.contains { $0.detail.contains("no recording_url, cost_breakdown, which the original") })
            try await self.supabase.sql("alter table calls rename column call_objective to objective")
            #expect(await self.check().contains { $0.grade == .failed && $0.detail.contains("no call_objective") })
            try await self.supabase.reset(isMigrated: false)
            let open = await self.check(key: self.supabase.anonymousKey)
            #expect(open.contains { $0.detail.contains("sees no call at all") })
            try await self.addOldCall()
            #expect(await self.check(key: self.supabase.anonymousKey).contains { $0.detail.contains("everybody") })
            try await self.supabase.sql("alter table calls enable row level security")
            let hidden = await self.check(key: self.supabase.anonymousKey)
            #expect(hidden.contains { $0.detail.contains("hides rows without an error") })
            #expect(await self.check(key: "sb_secret_wrong").map(\.grade) == [.failed])
            try await self.supabase.control("/api/stop")
            #expect(await self.check().map(\.grade) == [.failed])
        }

        private func addOldCall() async throws {
            try await self.supabase.sql(
                "insert into calls (initiator_id, target_phone, call_objective) values ('user_1', '+1', 'x')"
            )
        }

        private func check(key: String? = nil, initiatorID: String? = "user_1") async -> [Finding] {
            let settings = RouterConfiguration.Supabase(
                url: self.supabase.address,
                key: Secret(key ?? self.supabase.serviceKey),
                initiatorID: initiatorID
            )
            return await SupabaseCheck(settings: settings, eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
                .findings()
        }
    }
}
