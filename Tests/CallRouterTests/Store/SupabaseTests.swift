import CallActors
import Foundation
import Testing
import Wire

@testable import CallRouter

/// What runs against the one Supabase of this process, one test after the other.
@Suite(.serialized) struct SupabaseTests {
    static let lead = "11111111-1111-4111-8111-111111111111"
    static let business = "22222222-2222-4222-8222-222222222222"

    /// An order for a call, as the API stores it.
    static func order(_ callID: String = UUID().uuidString.lowercased()) -> CallRecord {
        var call = CallRecord(callID: callID, direction: .outbound, status: .queued, createdAt: Samples.start)
        call.from = "+15550100001"
        call.to = "+15550100002"
        call.callType = "qualify_lead"
        call.objective = "Ask for the budget"
        call.initiatorID = "user_1"
        call.dialAt = Samples.start
        return call
    }

    static func change(_ status: CallRecord.Status?, _ body: (inout CallChange) -> Void = { _ in }) -> CallChange {
        var change = CallChange()
        change.status = status
        body(&change)
        return change
    }

    /// The end of a call that was talked in, with its outcome.
    static func end(_ outcome: CallRecord.Outcome?, appointment: String? = nil) -> CallChange {
        self.change(.completed) { change in
            change.outcome = outcome
            change.endReason = .callerHangup
            change.startedAt = Samples.start
            change.endedAt = Samples.start.addingTimeInterval(60)
            change.durationSeconds = 60
            change.appointmentTime = appointment
        }
    }

    /// A lead and a business, with numbers as people write them.
    static func addRelations(to supabase: SupabaseStandIn) async throws {
        try await supabase.sql(
            """
            insert into leads (id, user_id, problem_text, contact_phone, service_category, urgency, budget_max,
                location_zip, key_requirements)
            values ('\(self.lead)', 'user_1', 'The tap drips', '(555) 010-0002', 'plumbing', 'high', 500, '10001',
                array['licensed', 'today']);
            insert into businesses (id, name, phone_number, email)
            values ('\(self.business)', 'Pipes & Co', '15550100003', 'pipes@example.com')
            """
        )
    }
}
