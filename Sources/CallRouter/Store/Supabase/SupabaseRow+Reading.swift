import CallActors
import Foundation
import Wire

extension SupabaseRow {
    /// Reads a row, with its lead and its business where they were asked for; nil for one without identifier.
    static func record(_ row: JSONDocument) -> CallRecord? {
        guard let callID = row["id"]?.text else { return nil }
        let objective = row["call_objective"]?.text
        let isInbound = objective == Self.inboundObjective
        var record = CallRecord(
            callID: callID,
            callSID: row["twilio_call_sid"]?.text,
            direction: isInbound ? .inbound : .outbound,
            status: Self.status(row["status"]?.text),
            createdAt: Self.date(row["created_at"]) ?? Date()
        )
        let number = row["target_phone"]?.text
        if isInbound {
            record.from = number == Self.unknownNumber ? nil : number
        } else {
            record.to = number
            record.objective = objective
        }
        record.callType = row["call_type"]?.text
        record.systemPrompt = row["system_prompt"]?.text
        record.leadID = row["lead_id"]?.text
        record.businessID = row["business_id"]?.text
        record.consumerID = row["consumer_id"]?.text
        record.initiatorID = row["initiator_id"]?.text
        record.scheduledTime = Self.date(row["scheduled_time"])
        record.attempt = max(1, row["attempt_number"]?.integer ?? 1)
        record.outcome = Self.outcome(row)
        record.endReason = row["end_reason"]?.text.flatMap(EndReason.init(rawValue:))
        record.startedAt = Self.date(row["started_at"])
        record.endedAt = Self.date(row["ended_at"])
        record.durationSeconds = row["duration_seconds"]?.integer
        record.transcript = (row["transcript"]?.elements ?? []).compactMap(Self.line)
        record.summary = row["summary"]?.text
        record.consumerInterestLevel = row["consumer_interest_level"]?.text
            .flatMap(CallRecord.InterestLevel.init(rawValue:))
        record.nextAction = row["next_action"]?.text
        record.appointmentTime = row["appointment_time"]?.text
        record.quoteAmount = row["quote_amount"]?.double
        record.recordingURL = row["recording_url"]?.text
        record.errorMessage = row["error_message"]?.text
        record.usage = Self.usage(row["cost_breakdown"])
        record.costUSD = row["actual_cost_usd"]?.double
        record.context = Self.context(lead: row["leads"], business: row["businesses"], consumer: row["consumer"])
        return record
    }

    /// Where a call stands, in the words of any program that writes this table.
    static func status(_ text: String?) -> CallRecord.Status {
        guard let text else { return .queued }
        if let status = CallRecord.Status(rawValue: text) { return status }
        switch text {
        case "scheduled": return .queued
        case "error": return .failed
        // no_answer, cancelled, and what the original server wrote here in place of an outcome.
        default: return .completed
        }
    }

    /// The names of a status in this table, also those that others give it.
    static func names(of status: CallRecord.Status) -> [String] {
        let others: [String] =
            switch status {
            case .queued: ["scheduled"]
            case .completed: ["no_answer", "cancelled", "goal_achieved", "voicemail", "declined"]
            case .failed: ["error"]
            case .initiating, .ringing, .inProgress: []
            }
        return [status.rawValue] + others
    }

    /// The outcome, which the original server wrote into the status.
    static func outcome(_ row: JSONDocument) -> CallRecord.Outcome? {
        row["outcome"]?.text.flatMap(CallRecord.Outcome.init(rawValue:))
            ?? row["status"]?.text.flatMap(CallRecord.Outcome.init(rawValue:))
    }

    /// The facts about lead, business and consumer that a prompt may use.
    static func context(lead: JSONDocument?, business: JSONDocument?, consumer: JSONDocument?) -> [String: String] {
        var context: [String: String] = [:]
        func add(_ value: JSONDocument?, _ name: String) {
            switch value {
            case .string(let text) where !text.isEmpty: context[name] = text
            case .integer(let number): context[name] = String(number)
            case .number(let number): context[name] = String(number)
            case .bool(let isTrue): context[name] = isTrue ? "yes" : "no"
            case .array(let elements):
                let texts = elements.compactMap(\.text)
                if !texts.isEmpty { context[name] = texts.joined(separator: ", ") }
            case .string, .object, .null, nil: break
            }
        }
        for name in [
            "service_category", "problem_text", "urgency", "budget_min", "budget_max", "location_zip", "location_city",
            "location_state", "key_requirements",
        ] { add(lead?[name], name) }
        add(business?["name"], PromptContextKey.businessName.rawValue)
        add(business?["phone_number"], PromptContextKey.businessPhoneNumber.rawValue)
        add(business?["city"], "business_city")
        add(business?["service_categories"], "business_services")
        add(business?["price_tier"], "business_price_tier")
        add(business?["offers_emergency_service"], "business_offers_emergency_service")
        add(consumer?["full_name"], "customer_name")
        return context
    }

    /// `2026-11-24T10:00:00.123456+00:00`, as PostgreSQL writes instants.
    static func date(_ value: JSONDocument?) -> Date? {
        let form = /([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?(Z|[+-][0-9:]{2,8})?/
        guard let text = value?.text, let match = text.wholeMatch(of: form) else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let parts = [match.1, match.2, match.3, match.4, match.5, match.6].compactMap { Int($0) }
        guard parts.count == 6 else { return nil }
        let components = DateComponents(
            year: parts[0],
            month: parts[1],
            day: parts[2],
            hour: parts[3],
            minute: parts[4],
            second: parts[5]
        )
        guard let date = calendar.date(from: components) else { return nil }
        let fraction = match.7.flatMap { Double("0\($0)") } ?? 0
        return date.addingTimeInterval(fraction - Self.offset(match.8))
    }

    /// Seconds east of Greenwich: `+01`, `-03:30`, `+0100`.
    private static func offset(_ text: Substring?) -> TimeInterval {
        guard let text, text != "Z" else { return 0 }
        let digits = text.dropFirst().filter(\.isNumber)
        let hours = Double(digits.prefix(2)) ?? 0
        let minutes = Double(digits.dropFirst(2).prefix(2)) ?? 0
        return (text.hasPrefix("-") ? -1 : 1) * (hours * 3_600 + minutes * 60)
    }

    private static func line(_ value: JSONDocument) -> TranscriptLine? {
        guard let role = value["role"]?.text.flatMap(TranscriptLine.Role.init(rawValue:)),
            let content = value["content"]?.text, let at = Self.date(value["at"])
        else { return nil }
        return TranscriptLine(role: role, content: content, at: at, interrupted: value["interrupted"] == .bool(true))
    }

    private static func usage(_ value: JSONDocument?) -> CallUsage {
        var usage = CallUsage()
        usage.modelInputTokens = value?["model_input_tokens"]?.integer ?? 0
        usage.modelOutputTokens = value?["model_output_tokens"]?.integer ?? 0
        usage.modelCachedTokens = value?["model_cached_tokens"]?.integer ?? 0
        usage.claudeInputTokens = value?["claude_input_tokens"]?.integer ?? 0
        usage.claudeOutputTokens = value?["claude_output_tokens"]?.integer ?? 0
        usage.carrierSeconds = value?["carrier_seconds"]?.integer ?? 0
        return usage
    }
}
