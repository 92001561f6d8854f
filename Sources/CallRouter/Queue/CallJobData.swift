import CallActors
import Foundation
import Wire

/// Reads the data of a job as the order for a call.
package enum CallJobData {
    /// A job that is no order: the job fails for good with this as its reason.
    package struct Fault: Error, Equatable, CustomStringConvertible {
        /// The fields that are missing or of a wrong kind, in order.
        package var fields: [String]

        package var description: String {
            self.fields.isEmpty
                ? "The job's data is no JSON object. Enqueue an object with call_id, phone_number, call_type and objective."
                : "The job's data cannot be used: \(self.fields.joined(separator: ", ")) missing or not understood. "
                    + "Enqueue the job again with these fields put right."
        }
    }

    /// The order that a job holds.
    ///
    /// Numbers are taken for texts and texts for numbers; what else is in the data, such as `attempt_number`, is the
    /// producer's own. A job without `call_id` counts by its job ID, which is the same by default.
    ///
    /// - Parameter job: As taken from the queue.
    /// - Returns: The order, its call ID set.
    /// - Throws: Which fields are bad; never their values.
    package static func order(of job: QueueJob) throws(Fault) -> NewCall {
        guard let data = JSONDocument(parsing: job.data), case .object = data else { throw Fault(fields: []) }
        let callID = data["call_id"]?.lenientText ?? (data["call_id"].isMissing ? UUID(uuidString: job.id)?.text : nil)
        let (number, type) = (data["phone_number"]?.lenientText, data["call_type"]?.lenientText)
        let objective = data["objective"]?.lenientText
        let time = Self.time(data["scheduled_time"])
        var bad: [String] = []
        if callID == nil { bad.append("call_id") }
        if number == nil { bad.append("phone_number") }
        if type == nil { bad.append("call_type") }
        if objective == nil { bad.append("objective") }
        if time == nil, !data["scheduled_time"].isMissing { bad.append("scheduled_time") }
        for field in ["lead_id", "business_id", "consumer_id", "initiator_id", "system_prompt", "voice"]
        where !data[field].isMissing && data[field]?.lenientText == nil {
            bad.append(field)
        }
        guard bad.isEmpty, let callID, let number, let type, let objective else { throw Fault(fields: bad) }
        var order = NewCall(to: number, callType: type, objective: objective)
        order.callID = callID
        order.leadID = data["lead_id"]?.lenientText
        order.businessID = data["business_id"]?.lenientText
        order.consumerID = data["consumer_id"]?.lenientText
        order.initiatorID = data["initiator_id"]?.lenientText
        order.systemPrompt = data["system_prompt"]?.lenientText
        order.voice = data["voice"]?.lenientText
        order.scheduledTime = time
        return order
    }

    /// A time as text (RFC 3339), or as seconds or milliseconds since 1970.
    private static func time(_ value: JSONDocument?) -> Date? {
        guard let value else { return nil }
        if let number = value.double {
            // The milliseconds of 1973 are the seconds of the year 5138.
            return Date(timeIntervalSince1970: number >= 100_000_000_000 ? number / 1_000 : number)
        }
        guard let text = value.lenientText else { return nil }
        return [true, false].lazy.compactMap { fractions in
            try? Date(text, strategy: Date.ISO8601FormatStyle(includingFractionalSeconds: fractions))
        }.first
    }
}

extension JSONDocument? {
    /// Not there, null, or an empty text: the producer had nothing to say.
    fileprivate var isMissing: Bool {
        switch self {
        case nil, .null?: true
        case .string(let text)?: text.trimmingCharacters(in: .whitespacesAndNewlines).isEmpty
        default: false
        }
    }
}

extension UUID {
    /// As PostgreSQL and most producers write it.
    fileprivate var text: String { self.uuidString.lowercased() }
}
