import CallActors
import Foundation
import GRDB

/// A call record as a row of the table `calls`.
struct CallRow: FetchableRecord, PersistableRecord {
    static let databaseTableName = "calls"

    var record: CallRecord

    init(_ record: CallRecord) { self.record = record }

    /// Reads a row; a row without the column `transcript` gives a record with an empty one.
    init(row: Row) throws {
        var record = CallRecord(
            callID: row["call_id"],
            callSID: row["call_sid"],
            direction: try Self.value(row["direction"], in: "direction"),
            status: try Self.value(row["status"], in: "status"),
            createdAt: Date(timeIntervalSinceReferenceDate: row["created_at"])
        )
        record.from = row["from_number"]
        record.to = row["to_number"]
        record.outcome = try Self.optional(row["outcome"], in: "outcome")
        record.endReason = try Self.optional(row["end_reason"], in: "end_reason")
        record.callType = row["call_type"]
        record.objective = row["objective"]
        record.systemPrompt = row["system_prompt"]
        record.voice = row["voice"]
        record.leadID = row["lead_id"]
        record.businessID = row["business_id"]
        record.consumerID = row["consumer_id"]
        record.initiatorID = row["initiator_id"]
        record.scheduledTime = Self.date(row["scheduled_time"])
        record.attempt = row["attempt"]
        record.dialAt = Self.date(row["dial_at"])
        record.dialledAt = Self.date(row["dialled_at"])
        record.carrierSequence = row["carrier_sequence"]
        record.answeredBy = row["answered_by"]
        record.startedAt = Self.date(row["started_at"])
        record.endedAt = Self.date(row["ended_at"])
        record.durationSeconds = row["duration_seconds"]
        record.transcript = try Self.json(row["transcript"], in: "transcript") ?? []
        record.summary = row["summary"]
        record.consumerInterestLevel = try Self.optional(row["consumer_interest_level"], in: "consumer_interest_level")
        record.nextAction = row["next_action"]
        record.appointmentTime = row["appointment_time"]
        record.quoteAmount = row["quote_amount"]
        record.recordingURL = row["recording_url"]
        record.errorMessage = row["error_message"]
        record.usage = try Self.json(row["usage"], in: "usage") ?? CallUsage()
        record.costUSD = row["cost_usd"]
        record.context = try Self.json(row["context"], in: "context") ?? [:]
        self.record = record
    }

    func encode(to container: inout PersistenceContainer) throws {
        let record = self.record
        container["call_id"] = record.callID
        container["call_sid"] = record.callSID
        container["direction"] = record.direction.rawValue
        container["from_number"] = record.from
        container["to_number"] = record.to
        container["status"] = record.status.rawValue
        container["outcome"] = record.outcome?.rawValue
        container["end_reason"] = record.endReason?.rawValue
        container["call_type"] = record.callType
        container["objective"] = record.objective
        container["system_prompt"] = record.systemPrompt
        container["voice"] = record.voice
        container["lead_id"] = record.leadID
        container["business_id"] = record.businessID
        container["consumer_id"] = record.consumerID
        container["initiator_id"] = record.initiatorID
        container["scheduled_time"] = record.scheduledTime?.timeIntervalSinceReferenceDate
        container["attempt"] = record.attempt
        container["dial_at"] = record.dialAt?.timeIntervalSinceReferenceDate
        container["dialled_at"] = record.dialledAt?.timeIntervalSinceReferenceDate
        container["carrier_sequence"] = record.carrierSequence
        container["answered_by"] = record.answeredBy
        container["created_at"] = record.createdAt.timeIntervalSinceReferenceDate
        container["started_at"] = record.startedAt?.timeIntervalSinceReferenceDate
        container["ended_at"] = record.endedAt?.timeIntervalSinceReferenceDate
        container["duration_seconds"] = record.durationSeconds
        container["transcript"] = record.transcript.isEmpty ? "[]" : try StoreJSON.text(record.transcript)
        container["summary"] = record.summary
        container["consumer_interest_level"] = record.consumerInterestLevel?.rawValue
        container["next_action"] = record.nextAction
        container["appointment_time"] = record.appointmentTime
        container["quote_amount"] = record.quoteAmount
        container["recording_url"] = record.recordingURL
        container["error_message"] = record.errorMessage
        container["usage"] = try StoreJSON.text(record.usage)
        container["cost_usd"] = record.costUSD
        container["context"] = record.context.isEmpty ? "{}" : try StoreJSON.text(record.context)
    }

    /// The row of one call; nil where there is none.
    ///
    /// Statements of each step of a call are prepared once for each connection: preparing takes longer than running them.
    static func fetchOne(_ db: Database, callID: String) throws -> CallRow? {
        let statement = try db.cachedStatement(sql: "SELECT * FROM calls WHERE call_id = ?")
        return try CallRow.fetchOne(statement, arguments: [callID])
    }

    /// The call has a row.
    static func exists(_ db: Database, callID: String) throws -> Bool {
        let statement = try db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM calls WHERE call_id = ?)")
        return try Bool.fetchOne(statement, arguments: [callID]) ?? false
    }

    private static func date(_ seconds: Double?) -> Date? { seconds.map(Date.init(timeIntervalSinceReferenceDate:)) }

    private static func optional<Value: RawRepresentable>(_ text: String?, in column: String) throws -> Value?
    where Value.RawValue == String {
        guard let text else { return nil }
        return try Self.value(text, in: column)
    }

    private static func value<Value: RawRepresentable>(_ text: String, in column: String) throws -> Value
    where Value.RawValue == String {
        guard let value = Value(rawValue: text) else {
            throw StoreError.refused("the column \(column) of a stored call holds a value this version does not know")
        }
        return value
    }

    private static func json<Value: Decodable>(_ text: String?, in column: String) throws -> Value? {
        // What most columns of most calls hold.
        guard let text, text != "[]", text != "{}" else { return nil }
        guard let value = try? StoreJSON.value(Value.self, of: text) else {
            throw StoreError.refused("the column \(column) of a stored call holds damaged JSON")
        }
        return value
    }
}
