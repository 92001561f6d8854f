import CallActors
import Foundation
import Wire

/// A call as a row of the table `calls` in Supabase.
enum SupabaseRow {
    /// What stands where the far party withholds its number; the column takes no null.
    static let unknownNumber = "unknown"
    /// `call_objective` of a call that came in.
    static let inboundObjective = "inbound"

    /// Columns that say where the call stands: nobody's later word may be overwritten with them.
    private static let standing: Set<String> = [
        "status", "outcome", "end_reason", "ended_at", "duration_seconds", "attempt_number", "scheduled_for",
    ]

    /// Everything that is known of a call, for its first writing; `initiator_id` comes from elsewhere.
    static func inserted(_ record: CallRecord) -> [String: JSONDocument] {
        var row = Self.updated(record, isNextAttempt: false)
        row["id"] = .string(record.callID)
        row["created_at"] = .string(record.createdAt.timestamp)
        row["call_objective"] = .string(
            record.direction == .inbound ? Self.inboundObjective : Self.clean(record.objective ?? "", limit: 100_000)
        )
        let farParty = record.direction == .inbound ? record.from : record.to
        let number = Self.clean(farParty ?? "", limit: 20)
        row["target_phone"] = .string(number.isEmpty ? Self.unknownNumber : number)
        row["call_type"] = record.callType.map { .string(Self.clean($0, limit: 100)) }
        row["system_prompt"] = record.systemPrompt.map { .string(Self.clean($0, limit: 1_000_000)) }
        row["scheduled_time"] = record.scheduledTime.map { .string($0.timestamp) }
        // What is no UUID names no row, and would be refused as a value.
        row["lead_id"] = record.leadID.flatMap(UUID.init(uuidString:)).map { .string($0.uuidString.lowercased()) }
        row["business_id"] = record.businessID.flatMap(UUID.init(uuidString:)).map {
            .string($0.uuidString.lowercased())
        }
        row["consumer_id"] = record.consumerID.map { .string(Self.clean($0, limit: 1_000)) }
        return row
    }

    /// What changes in the life of a call.
    ///
    /// What is not known is left as it is there; only a call that goes back to be dialled again loses what its failed
    /// attempt had.
    static func updated(_ record: CallRecord, isNextAttempt: Bool) -> [String: JSONDocument] {
        var row: [String: JSONDocument] = [
            "status": .string(record.status.rawValue),
            "attempt_number": .integer(record.attempt),
        ]
        if isNextAttempt {
            for column in ["twilio_call_sid", "started_at", "error_message"] { row[column] = JSONDocument.null }
        }
        func write(_ text: String?, _ column: String, limit: Int = 1_000_000) {
            if let text { row[column] = .string(Self.clean(text, limit: limit)) }
        }
        func write(_ date: Date?, _ column: String) {
            if let date { row[column] = .string(date.timestamp) }
        }
        write(record.callSID, "twilio_call_sid", limit: 200)
        write(record.callSID == nil ? nil : Self.carrierStatus(record), "twilio_status")
        write(record.outcome?.rawValue, "outcome")
        write(record.endReason?.rawValue, "end_reason")
        write(record.status == .queued ? record.dialAt : nil, "scheduled_for")
        write(record.startedAt, "started_at")
        write(record.endedAt, "ended_at")
        write(record.summary, "summary")
        write(record.consumerInterestLevel?.rawValue, "consumer_interest_level")
        write(record.nextAction, "next_action")
        write(record.appointmentTime.flatMap(Self.timestamp), "appointment_time")
        write(record.recordingURL, "recording_url")
        write(record.errorMessage, "error_message")
        if let seconds = record.durationSeconds {
            row["duration_seconds"] = .integer(min(max(seconds, 0), 2_147_483_647))
        }
        if let amount = record.quoteAmount, amount.isFinite { row["quote_amount"] = .number(amount) }
        if let cost = record.costUSD, cost.isFinite { row["actual_cost_usd"] = .number(min(max(cost, 0), 999_999)) }
        if !record.transcript.isEmpty { row["transcript"] = .array(record.transcript.map(Self.line)) }
        if record.usage != CallUsage() { row["cost_breakdown"] = Self.usage(record.usage) }
        return row
    }

    /// What of a row may be written over somebody else's later word: what only this router knows.
    static func details(of row: [String: JSONDocument]) -> [String: JSONDocument] {
        row.filter { !Self.standing.contains($0.key) }
    }

    /// What is left where a value is refused: where the call stands, in columns that take anything we write.
    static func reduced(_ row: [String: JSONDocument]) -> [String: JSONDocument] {
        let kept: Set<String> = [
            "id", "status", "outcome", "attempt_number", "started_at", "ended_at", "duration_seconds", "summary",
            "transcript", "created_at", "call_objective", "target_phone", "initiator_id", "twilio_call_sid",
        ]
        return row.filter { kept.contains($0.key) }
    }

    /// The statuses from which a call may come to where `record` stands, with the names that others use for them.
    static func statuses(before record: CallRecord, isNextAttempt: Bool) -> [String] {
        let open = ["queued", "scheduled", "initiating", "ringing", "in_progress"]
        if record.status.isTerminal { return open + [record.status.rawValue] }
        if isNextAttempt { return open }
        let index = open.firstIndex(of: record.status == .queued ? "scheduled" : record.status.rawValue) ?? 0
        return Array(open[...index])
    }

    /// The carrier's word for where a call stands.
    private static func carrierStatus(_ record: CallRecord) -> String {
        switch record.status {
        case .queued: "queued"
        case .initiating: "initiated"
        case .ringing: "ringing"
        case .inProgress: "in-progress"
        case .completed, .failed:
            switch record.endReason {
            case .busy: "busy"
            case .noAnswer: "no-answer"
            case .carrierFailed: "failed"
            default: "completed"
            }
        }
    }

    /// Without NUL, which PostgreSQL takes in no text, and no longer than its column.
    private static func clean(_ text: String, limit: Int) -> String {
        let text = text.contains("\0") ? text.replacing("\0", with: "") : text
        return text.unicodeScalars.count > limit
            ? String(String.UnicodeScalarView(text.unicodeScalars.prefix(limit))) : text
    }

    /// An appointment as PostgreSQL reads it: a year from 1 on, an offset of less than 16 hours.
    private static func timestamp(_ text: String) -> String? {
        guard let text = AppointmentTime.checked(text), !text.hasPrefix("0000") else { return nil }
        if let offset = text.firstMatch(of: /[0-9][+-]([0-9]{2}):?[0-9]{0,2}$/), text.count > 10 {
            guard let hours = Int(offset.1), hours < 16 else { return nil }
        }
        return text
    }

    /// As in the answers of `/v1`.
    private static func line(_ line: TranscriptLine) -> JSONDocument {
        [
            "role": .string(line.role.rawValue), "content": .string(Self.clean(line.content, limit: 1_000_000)),
            "at": .string(line.at.timestamp), "interrupted": .bool(line.interrupted),
        ]
    }

    private static func usage(_ usage: CallUsage) -> JSONDocument {
        [
            "model_input_tokens": .integer(usage.modelInputTokens),
            "model_output_tokens": .integer(usage.modelOutputTokens),
            "model_cached_tokens": .integer(usage.modelCachedTokens),
            "claude_input_tokens": .integer(usage.claudeInputTokens),
            "claude_output_tokens": .integer(usage.claudeOutputTokens),
            "carrier_seconds": .integer(usage.carrierSeconds),
        ]
    }
}
