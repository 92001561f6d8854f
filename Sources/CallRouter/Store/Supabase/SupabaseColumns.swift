import Logging
import Synchronization

/// Which columns of `calls` the project lacks.
///
/// The original schema does not have all of them; ops/supabase/migration.sql adds them. What is missing is left out of
/// the writes, each with one warning.
final class SupabaseColumns: Sendable {
    /// Columns that the migration adds.
    static let optional = [
        "twilio_call_sid", "twilio_status", "attempt_number", "error_message", "end_reason", "consumer_interest_level",
        "next_action", "appointment_time", "quote_amount",
    ]
    /// Columns of the original schema that calls are written to.
    static let original = [
        "id", "created_at", "status", "outcome", "target_phone", "call_objective", "call_type", "system_prompt",
        "initiator_id", "consumer_id", "lead_id", "business_id", "scheduled_time", "scheduled_for", "started_at",
        "ended_at", "duration_seconds", "transcript", "summary", "recording_url", "actual_cost_usd", "cost_breakdown",
    ]
    /// Without these nothing can be stored at all.
    static let essential: Set<String> = ["id", "status", "target_phone", "call_objective", "initiator_id"]

    private let missing = Mutex<Set<String>>([])
    private let logger: Logger

    init(logger: Logger) { self.logger = logger }

    /// Columns that are known to be missing.
    var absent: Set<String> { self.missing.withLock { $0 } }

    func has(_ column: String) -> Bool { self.missing.withLock { !$0.contains(column) } }

    /// Leaves a column out from now on, with one warning.
    ///
    /// - Returns: False for a column that nothing can be stored without.
    func drop(_ column: String) -> Bool {
        guard !Self.essential.contains(column) else { return false }
        if self.missing.withLock({ $0.insert(column).inserted }) {
            self.logger.warning(
                """
                The table calls in Supabase has no column \(column): it is left out of what is written there. Apply \
                ops/supabase/migration.sql to keep it.
                """
            )
        }
        return true
    }

    /// Takes a column up again that is there by now.
    func restore(_ column: String) {
        if self.missing.withLock({ $0.remove(column) }) != nil {
            self.logger.notice("The table calls in Supabase has the column \(column) now: it is written from here on.")
        }
    }
}
