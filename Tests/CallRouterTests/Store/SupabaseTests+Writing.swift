import CallActors
import Foundation
import Logging
import Testing
import Wire

@testable import CallRouter

extension SupabaseTests {
    @Suite struct Writing {
        private let directory: TemporaryDirectory
        private let supabase: SupabaseStandIn

        init() async throws {
            self.directory = try TemporaryDirectory()
            self.supabase = try await SupabaseStandIn.shared
            try await self.supabase.reset()
        }

        @Test("a call is written as it goes, column by column")
        func life() async throws {
            try await SupabaseTests.addRelations(to: self.supabase)
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                var order = SupabaseTests.order()
                order.leadID = SupabaseTests.lead
                order.businessID = SupabaseTests.business
                order.consumerID = "user_1"
                order.systemPrompt = "Be brief"
                order.scheduledTime = Samples.start
                let id = order.callID
                #expect(try await store.insert(order, idempotency: nil) == .inserted)
                try await store.settled()
                var row = try #require(try await self.supabase.call(id))
                #expect(row["status"] == "queued")
                #expect(row["target_phone"] == "+15550100002")
                #expect(row["call_objective"] == "Ask for the budget")
                #expect(row["call_type"] == "qualify_lead")
                #expect(row["system_prompt"] == "Be brief")
                #expect(row["lead_id"] == .string(SupabaseTests.lead))
                #expect(row["business_id"] == .string(SupabaseTests.business))
                #expect(row["consumer_id"] == "user_1")
                #expect(row["attempt_number"] == 1)
                #expect(row["outcome"] == .null)
                #expect(SupabaseRow.date(row["scheduled_for"]) == Samples.start)

                #expect(try await store.claim(callID: id, at: Date())?.status == .initiating)
                try await store.settled()
                #expect(try await self.supabase.call(id)?["status"] == "initiating")
                try await store.update(callID: id, SupabaseTests.change(.ringing) { $0.callSID = "CA1" })
                try await store.settled()
                row = try #require(try await self.supabase.call(id))
                #expect(row["status"] == "ringing")
                #expect(row["twilio_call_sid"] == "CA1")
                #expect(row["twilio_status"] == "ringing")

                var end = SupabaseTests.end(nil)
                end.transcript = [Samples.line(.assistant, "Hello\0"), Samples.line(.user, "Hi")]
                end.usage = Samples.usage(7)
                end.costUSD = 0.125
                end.recordingURL = "https://example.com/r.wav"
                try await store.update(callID: id, end)
                try await store.settled()
                row = try #require(try await self.supabase.call(id))
                #expect(row["status"] == "completed")
                #expect(row["outcome"] == .null)
                #expect(row["end_reason"] == "caller_hangup")
                #expect(row["duration_seconds"] == 60)
                #expect(row["actual_cost_usd"]?.double == 0.125)
                #expect(row["cost_breakdown"]?["model_input_tokens"] == 7)
                #expect(row["transcript"]?.elements?.compactMap { $0["content"]?.text } == ["Hello", "Hi"])
                #expect(try await self.leadStatus() == "pending")

                var summary = CallChange()
                summary.outcome = .goalAchieved
                summary.summary = "They agreed."
                summary.consumerInterestLevel = .high
                summary.nextAction = "Visit"
                summary.appointmentTime = "2026-12-01T10:00:00+01:00"
                summary.quoteAmount = 99.5
                try await store.update(callID: id, summary)
                try await store.settled()
                row = try #require(try await self.supabase.call(id))
                #expect(row["outcome"] == "goal_achieved")
                #expect(row["summary"] == "They agreed.")
                #expect(row["consumer_interest_level"] == "high")
                #expect(row["next_action"] == "Visit")
                #expect(row["appointment_time"] == "2026-12-01T09:00:00+00:00")
                #expect(row["quote_amount"]?.double == 99.5)
                #expect(try await self.leadStatus() == "appointment_scheduled")
            }
        }

        private func leadStatus() async throws -> String? {
            try await self.supabase.sql("select status from leads").first?["status"]?.text
        }

        @Test(
            "the outcome gives the lead its status",
            arguments: [
                (CallRecord.Outcome.goalAchieved, nil, "contacted"),
                (.goalAchieved, "2026-12-01", "appointment_scheduled"), (.declined, nil, "declined"),
                (.noAnswer, nil, "contact_attempted"), (.voicemail, nil, "contact_attempted"), (.error, nil, "pending"),
            ]
        )
        func leadStatuses(outcome: CallRecord.Outcome, appointment: String?, status: String) async throws {
            try await SupabaseTests.addRelations(to: self.supabase)
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                var order = SupabaseTests.order()
                order.leadID = SupabaseTests.lead
                try await store.insert(order)
                try await store.update(callID: order.callID, SupabaseTests.end(outcome, appointment: appointment))
                try await store.settled()
                #expect(try await self.leadStatus() == status)
            }
        }

        @Test("a retry is queued again in the same row, and late news of the attempt before do not move it")
        func retry() async throws {
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                let order = SupabaseTests.order()
                let id = order.callID
                try await store.insert(order)
                _ = try await store.claim(callID: id, at: Date())
                try await store.update(callID: id, SupabaseTests.change(.ringing) { $0.callSID = "CA1" })
                try await store.settled()
                #expect(try await self.supabase.call(id)?["status"] == "ringing")
                let next = Samples.start.addingTimeInterval(1_800)
                _ = try await store.requeue(callID: id, attempt: 2, dialAt: next)
                try await store.settled()
                var row = try #require(try await self.supabase.call(id))
                #expect(row["status"] == "queued")
                #expect(row["attempt_number"] == 2)
                #expect(row["twilio_call_sid"] == .null)
                #expect(SupabaseRow.date(row["scheduled_for"]) == next)
                _ = try await store.claim(callID: id, at: Date())
                _ = try await store.requeue(callID: id, attempt: 2, dialAt: next)
                try await store.settled()
                #expect(try await self.supabase.call(id)?["status"] == "queued", "it was never placed")
                _ = try await store.claim(callID: id, at: Date())
                try await store.update(callID: id, SupabaseTests.end(.goalAchieved))
                try await store.settled()
                row = try #require(try await self.supabase.call(id))
                #expect(row["status"] == "completed")
                #expect(row["attempt_number"] == 2)
            }
        }

        @Test("what somebody else ended stays ended, and is not dialled")
        func cancelledElsewhere() async throws {
            let store = try self.supabase.store(in: self.directory)
            try await store.running {
                let queued = SupabaseTests.order()
                let dialled = SupabaseTests.order()
                for call in [queued, dialled] { try await store.insert(call) }
                _ = try await store.claim(callID: dialled.callID, at: Date())
                try await store.settled()
                try await self.supabase.sql("update calls set status = 'cancelled'")
                #expect(try await store.claim(callID: queued.callID, at: Date()) == nil)
                #expect(try await store.call(id: queued.callID)?.status == .completed)
                #expect(try await store.nextDue() == nil)
                var end = SupabaseTests.end(.goalAchieved)
                end.summary = "They talked all the same."
                try await store.update(callID: dialled.callID, end)
                try await store.settled()
                #expect(try await self.supabase.call(queued.callID)?["status"] == "cancelled")
                let row = try #require(try await self.supabase.call(dialled.callID))
                #expect(row["status"] == "cancelled")
                #expect(row["outcome"] == .null)
                #expect(row["summary"] == "They talked all the same.")
            }
        }
    }
}
