import CallActors
import Wire

extension APISchema {
    /// Every schema that the description refers to by name.
    static var components: [String: JSONDocument] {
        [
            "Error": Self.error, "Call": Self.call(withTranscript: true), "CallItem": Self.call(withTranscript: false),
            "CallPage": Self.callPage, "TranscriptLine": Self.transcriptLine, "Usage": Self.usage,
            "CallOrder": Self.callOrder, "LeadDetails": Self.leadDetails, "BusinessDetails": Self.businessDetails,
            "CallAccepted": Self.callAccepted, "CallAction": Self.callAction, "OptOut": Self.optOut,
            "OptOuts": Self.whole(["numbers": Self.list(of: Self.reference("OptOut"))]),
            "Statistics": Self.statistics,
        ]
    }

    private static var error: JSONDocument {
        let fields: JSONDocument = [
            "type": "object", "description": "What is wrong with which field.",
            "additionalProperties": ["type": "string"],
        ]
        let content = Self.object(
            [
                "code": Self.string("Fixed: what programs decide by."),
                "message": Self.string("What happened, and what to do."), "fields": fields,
            ],
            required: ["code", "message"]
        )
        return Self.whole(["error": content])
    }

    // MARK: - Calls

    private static func call(withTranscript: Bool) -> JSONDocument {
        let words = ["call_sid", "summary", "next_action", "appointment_time", "recording_url", "error_message"]
        var members = Self.callFacts
        for name in words { members[name] = Self.nullable(Self.string()) }
        for name in ["scheduled_time", "started_at", "ended_at"] {
            members[name] = Self.nullable(Self.string(format: "date-time"))
        }
        if withTranscript { members["transcript"] = Self.list(of: Self.reference("TranscriptLine")) }
        return Self.whole(members, withTranscript ? "One call; what is not known is null." : "A call in a list.")
    }

    private static var callFacts: [String: JSONDocument] {
        var members: [String: JSONDocument] = [
            "call_id": Self.string("The identifier in this API."),
            "direction": Self.choice(["inbound", "outbound"]),
            "status": Self.choice(CallRecord.Status.allCases.map(\.rawValue)),
            "attempt": Self.integer("From 1 on; a call that is tried again keeps its identifier."),
            "created_at": Self.string(format: "date-time"),
            "usage": Self.reference("Usage"),
        ]
        members["from"] = Self.nullable(Self.string("Who calls, in E.164 where the carrier tells it so."))
        members["to"] = Self.nullable(Self.string("Who is called, in E.164 where the carrier tells it so."))
        let outcomes = CallRecord.Outcome.allCases.map(\.rawValue)
        members["outcome"] = Self.nullable(Self.choice(outcomes, "Null until it is final."))
        members["end_reason"] = Self.nullable(Self.choice(EndReason.allCases.map(\.rawValue)))
        members["call_type"] = Self.nullable(Self.string())
        members["objective"] = Self.nullable(Self.string())
        for name in ["lead_id", "business_id", "consumer_id"] { members[name] = Self.nullable(Self.string()) }
        members["duration_seconds"] = Self.nullable(Self.integer())
        let levels = ["high", "medium", "low", "none"]
        members["consumer_interest_level"] = Self.nullable(Self.choice(levels))
        members["quote_amount"] = Self.nullable(["type": "number"])
        members["cost_usd"] = Self.nullable(Self.amount("Known once the call is over."))
        return members
    }

    private static var callPage: JSONDocument {
        Self.whole([
            "calls": Self.list(of: Self.reference("CallItem")),
            "next_cursor": Self.nullable(Self.string("Pass it as cursor for the next page; null on the last.")),
        ])
    }

    private static var transcriptLine: JSONDocument {
        Self.whole([
            "role": Self.choice(["assistant", "user"]), "content": Self.string(),
            "at": Self.string("When the turn began.", format: "date-time"),
            "interrupted": Self.flag("The caller cut this answer off; it ends where they stopped hearing it."),
        ])
    }

    private static var usage: JSONDocument {
        let names = [
            "model_input_tokens", "model_output_tokens", "model_cached_tokens", "claude_input_tokens",
            "claude_output_tokens", "carrier_seconds",
        ]
        return Self.whole(Dictionary(uniqueKeysWithValues: names.map { ($0, Self.integer()) }))
    }

    // MARK: - Orders

    private static var callOrder: JSONDocument {
        let limits = CallOrder.limits
        var members: [String: JSONDocument] = [
            "to": Self.number("Who is called, in E.164.", example: "+15551234567"),
            "call_type": Self.choice(CallOrder.callTypes),
            "objective": Self.text(
                "What the call is for.",
                limit: limits.objective,
                example: "Find out when the roof leaks, and agree on a visit."
            ),
        ]
        for name in ["lead_id", "business_id", "consumer_id", "initiator_id"] {
            members[name] = Self.nullable(Self.text(limit: limits.identifier))
        }
        members["system_prompt"] = Self.nullable(
            Self.text("Replaces the role of the AI, never the rules of the trade.", limit: limits.prompt)
        )
        var voice: [String: JSONDocument] = ["type": "string", "minLength": 1, "maxLength": .integer(limits.voice)]
        voice["pattern"] = "^[A-Za-z0-9_-]+$"
        voice["examples"] = ["marin"]
        members["voice"] = Self.nullable(.object(voice))
        members["scheduled_time"] = Self.nullable(
            Self.string("Not dialled before.", format: "date-time", example: "2027-01-31T09:30:00-05:00")
        )
        members["lead_details"] = Self.nullable(Self.reference("LeadDetails"))
        members["business_details"] = Self.nullable(Self.reference("BusinessDetails"))
        return Self.object(members, required: ["to", "call_type", "objective"])
    }

    private static var leadDetails: JSONDocument {
        let limit = CallOrder.limits.detail
        let budget: JSONDocument = ["anyOf": [Self.amount(), Self.text(limit: limit), ["type": "null"]]]
        var members: [String: JSONDocument] = ["budget_max": budget]
        for name in ["service_category", "problem_text", "urgency", "location_zip"] {
            members[name] = Self.nullable(Self.text(limit: limit))
        }
        return Self.object(members, required: [], "What is known of the lead; the AI is told.")
    }

    private static var businessDetails: JSONDocument {
        let members = [
            "name": Self.nullable(Self.text(limit: CallOrder.limits.detail)),
            "phone_number": Self.nullable(Self.text(limit: CallOrder.limits.number)),
        ]
        return Self.object(members, required: [], "The business that the AI calls for.")
    }

    private static var callAccepted: JSONDocument {
        Self.whole([
            "call_id": Self.string(),
            "status": Self.choice(
                CallRecord.Status.allCases.map(\.rawValue),
                "`queued`; for an order that was sent before, how its call stands."
            ),
        ])
    }

    private static var callAction: JSONDocument {
        Self.whole(["call_id": Self.string(), "status": Self.choice(["ending", "transferring", "speaking"])])
    }

    // MARK: - Others

    private static var optOut: JSONDocument {
        Self.whole([
            "number": Self.string("E.164.", example: "+15551234567"),
            "at": Self.string(format: "date-time"),
            "source": Self.choice(["api", "call"], "Who asked: a program, or the callee in a call."),
        ])
    }

    private static var statistics: JSONDocument {
        let outcomes = CallRecord.Outcome.allCases.map { ($0.rawValue, Self.integer()) }
        var rate = Self.nullable(Self.amount("`goal_achieved` among the calls with an outcome."))
        if case .object(var members) = rate {
            members["maximum"] = 1
            rate = .object(members)
        }
        return Self.whole([
            "days": Self.integer(), "since": Self.string(format: "date-time"),
            "calls": Self.integer("Calls created since, also those that are not over."),
            "outcomes": Self.whole(Dictionary(uniqueKeysWithValues: outcomes)),
            "success_rate": rate,
            "average_duration_seconds": Self.nullable(Self.amount("Of the calls that came to a talk.")),
            "cost_usd": Self.amount(),
        ])
    }
}
