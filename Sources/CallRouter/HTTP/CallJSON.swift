import CallActors
import Foundation

/// A call as `/v1` shows it: every field is there, and what is not known is null.
struct CallJSON: Encodable {
    let record: CallRecord
    /// The list leaves the transcripts out.
    var includesTranscript = true

    private enum Key: String, CodingKey {
        case callID = "call_id"
        case callSID = "call_sid"
        case direction, from, to, status, outcome
        case endReason = "end_reason"
        case callType = "call_type"
        case objective
        case leadID = "lead_id"
        case businessID = "business_id"
        case consumerID = "consumer_id"
        case scheduledTime = "scheduled_time"
        case attempt
        case createdAt = "created_at"
        case startedAt = "started_at"
        case endedAt = "ended_at"
        case durationSeconds = "duration_seconds"
        case transcript, summary
        case consumerInterestLevel = "consumer_interest_level"
        case nextAction = "next_action"
        case appointmentTime = "appointment_time"
        case quoteAmount = "quote_amount"
        case recordingURL = "recording_url"
        case errorMessage = "error_message"
        case usage
        case costUSD = "cost_usd"
    }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(self.record.callID, forKey: .callID)
        try values.encode(self.record.callSID, forKey: .callSID)
        try values.encode(self.record.direction, forKey: .direction)
        try values.encode(self.record.from, forKey: .from)
        try values.encode(self.record.to, forKey: .to)
        try values.encode(self.record.status, forKey: .status)
        try values.encode(self.record.outcome, forKey: .outcome)
        try values.encode(self.record.endReason, forKey: .endReason)
        try values.encode(self.record.callType, forKey: .callType)
        try values.encode(self.record.objective, forKey: .objective)
        try values.encode(self.record.leadID, forKey: .leadID)
        try values.encode(self.record.businessID, forKey: .businessID)
        try values.encode(self.record.consumerID, forKey: .consumerID)
        try values.encode(self.record.scheduledTime?.timestamp, forKey: .scheduledTime)
        try values.encode(self.record.attempt, forKey: .attempt)
        try values.encode(self.record.createdAt.timestamp, forKey: .createdAt)
        try values.encode(self.record.startedAt?.timestamp, forKey: .startedAt)
        try values.encode(self.record.endedAt?.timestamp, forKey: .endedAt)
        try values.encode(self.record.durationSeconds, forKey: .durationSeconds)
        if self.includesTranscript {
            try values.encode(self.record.transcript.map(LineJSON.init), forKey: .transcript)
        }
        try values.encode(self.record.summary, forKey: .summary)
        try values.encode(self.record.consumerInterestLevel, forKey: .consumerInterestLevel)
        try values.encode(self.record.nextAction, forKey: .nextAction)
        try values.encode(self.record.appointmentTime, forKey: .appointmentTime)
        try values.encode(self.record.quoteAmount, forKey: .quoteAmount)
        try values.encode(self.record.recordingURL, forKey: .recordingURL)
        try values.encode(self.record.errorMessage, forKey: .errorMessage)
        try values.encode(UsageJSON(self.record.usage), forKey: .usage)
        try values.encode(self.record.costUSD, forKey: .costUSD)
    }
}

/// One turn of a transcript.
private struct LineJSON: Encodable {
    let role: TranscriptLine.Role
    let content: String
    let at: String
    let interrupted: Bool

    init(_ line: TranscriptLine) {
        self.role = line.role
        self.content = line.content
        self.at = line.at.timestamp
        self.interrupted = line.interrupted
    }
}

/// What a call has used.
private struct UsageJSON: Encodable {
    let values: [String: Int]

    init(_ usage: CallUsage) {
        self.values = [
            "model_input_tokens": usage.modelInputTokens,
            "model_output_tokens": usage.modelOutputTokens,
            "model_cached_tokens": usage.modelCachedTokens,
            "claude_input_tokens": usage.claudeInputTokens,
            "claude_output_tokens": usage.claudeOutputTokens,
            "carrier_seconds": usage.carrierSeconds,
        ]
    }

    func encode(to encoder: any Encoder) throws { try self.values.encode(to: encoder) }
}

extension Date {
    /// ISO 8601 in UTC with milliseconds, as in RFC 3339 §5.6.
    package var timestamp: String { self.formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)) }
}
