import CallActors
import Foundation
import Wire

/// The structured answer that sums a call up: its schema, and the checks that make a value of it.
enum SummaryAnswer {
    /// Bounds of the texts in characters, far above what the instructions ask for.
    private static let longest = (summary: 4000, nextAction: 1000)

    /// JSON Schema of the answer.
    ///
    /// Structured output wants every member required and no others allowed.
    static let schema: JSONDocument = [
        "type": "object",
        "additionalProperties": false,
        "required": [
            "status", "summary", "consumer_interest_level", "next_action", "appointment_time", "quote_amount",
        ],
        "properties": [
            "status": ["type": "string", "enum": .array(CallRecord.Outcome.allCases.map { .string($0.rawValue) })],
            "summary": ["type": "string"],
            "consumer_interest_level": ["type": "string", "enum": ["high", "medium", "low", "none"]],
            "next_action": ["type": ["string", "null"]],
            "appointment_time": ["type": ["string", "null"]],
            "quote_amount": ["type": ["number", "null"]],
        ],
    ]

    /// Checks an answer and makes a summary of it.
    ///
    /// Outcome, interest level and summary must be there. A next action, appointment or quote that cannot be right is
    /// dropped: no value is better than a wrong one. Throws ``ReasoningError/refused`` and
    /// ``ReasoningError/malformed(_:)``, whose words never quote the answer.
    static func summary(from reply: AnthropicReply) throws(ReasoningError) -> CallSummary {
        switch reply.stopReason {
        case .refusal: throw .refused
        case .maxTokens, .contextWindowExceeded: throw .malformed("it was cut off; stop reason \(reply.stopReason)")
        default: break
        }
        guard let answer = JSONDocument(parsing: reply.text), case .object = answer else {
            throw .malformed("it is no JSON object")
        }
        guard let outcome = Self.text(answer["status"]).flatMap(CallRecord.Outcome.init(rawValue:)) else {
            throw .malformed("status is none of the outcomes")
        }
        guard
            let interest = Self.text(answer["consumer_interest_level"])
                .flatMap(CallRecord.InterestLevel.init(rawValue:))
        else { throw .malformed("consumer_interest_level is none of the levels") }
        guard let summary = Self.text(answer["summary"], limit: Self.longest.summary) else {
            throw .malformed("summary is empty")
        }
        return CallSummary(
            outcome: outcome,
            summary: summary,
            interestLevel: interest,
            nextAction: Self.text(answer["next_action"], limit: Self.longest.nextAction),
            appointmentTime: Self.text(answer["appointment_time"]).flatMap(AppointmentTime.checked),
            quoteAmount: Self.amount(answer["quote_amount"]),
            inputTokens: reply.usage.inputTokens,
            outputTokens: reply.usage.outputTokens
        )
    }

    /// The words of a string; nil for any other value and for one without words.
    private static func text(_ value: JSONDocument?, limit: Int = 100) -> String? {
        guard case .string(let text) = value else { return nil }
        let words = text.trimmingCharacters(in: .whitespacesAndNewlines).prefix(limit)
        return words.isEmpty ? nil : String(words)
    }

    private static func amount(_ value: JSONDocument?) -> Double? {
        let amount: Double? =
            switch value {
            case .integer(let amount): Double(amount)
            case .number(let amount): amount
            default: nil
            }
        guard let amount, amount.isFinite, amount >= 0 else { return nil }
        return amount
    }
}
