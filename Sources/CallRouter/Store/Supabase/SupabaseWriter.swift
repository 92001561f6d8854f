import CallActors
import Foundation
import NIOHTTP1
import Logging
import Wire

/// Writes one item of the outbox to Supabase.
///
/// Writing an item twice, or half of it and then the whole, ends as writing it once. A call's status goes forward only:
/// every update is guarded by the statuses it may come from, and by the attempt where the schema has it.
struct SupabaseWriter: Sendable {
    /// What became of an item.
    enum Verdict: Sendable, Equatable {
        case sent
        /// Nothing can be written now, this or anything else.
        case outage(SupabaseError)
        /// This item cannot be written until somebody mends what the text says; others can.
        case stuck(String)
    }

    private enum Insertion { case inserted, exists, noInitiator }

    let client: SupabaseClient
    let columns: SupabaseColumns
    let initiatorID: String?
    let logger: Logger

    func write(_ item: OutboxItem) async -> Verdict {
        do throws(SupabaseError) {
            switch item.kind {
            case .call: return try await self.writeCall(item)
            case .lead: return try await self.writeLead(item)
            }
        } catch {
            return error.kind == .refused ? .stuck(error.summary) : .outage(error)
        }
    }

    private func writeLead(_ item: OutboxItem) async throws(SupabaseError) -> Verdict {
        // A lead that is no UUID, or is gone, has no status.
        guard let leadID = item.leadID.flatMap(UUID.init(uuidString:)), let status = item.leadStatus else {
            return .sent
        }
        var request = SupabaseRequest(.PATCH, "leads", [("id", "eq.\(leadID.uuidString.lowercased())")])
        request.body = ["status": .string(status)]
        request.prefer = ["return=minimal"]
        _ = try await self.client.send(request, timeout: SupabaseStore.writeTimeout)
        return .sent
    }

    private func writeCall(_ item: OutboxItem) async throws(SupabaseError) -> Verdict {
        guard let record = item.record else { return .stuck("the stored call cannot be read") }
        guard UUID(uuidString: record.callID) != nil else { return .stuck("the call's identifier is no UUID") }
        if item.mirroredAttempt == 0 {
            switch try await self.insert(record) {
            case .inserted: return .sent
            case .noInitiator: return Self.noInitiator
            case .exists: break
            }
        }
        let isNextAttempt = record.attempt > item.mirroredAttempt
        let row = SupabaseRow.updated(record, isNextAttempt: isNextAttempt)
        if try await self.patch(record, row, isNextAttempt: isNextAttempt) { return .sent }
        if item.mirroredAttempt > 0 {
            switch try await self.insert(record) {
            case .inserted: return .sent
            case .noInitiator: return Self.noInitiator
            case .exists: break
            }
        }
        // It is there, and somebody else moved it on: their word stands, and ours is added to it.
        self.logger.info(
            "A call stands further on in Supabase than here: its status there stays.",
            metadata: ["call_id": "\(record.callID)"]
        )
        guard try await self.patch(record, SupabaseRow.details(of: row), isNextAttempt: nil) else {
            // Neither inserted nor found: the key sees no rows.
            throw SupabaseError(status: 403, body: ["code": "42501"])
        }
        return .sent
    }

    private static let noInitiator = Verdict.stuck(
        "neither the call, its consumer nor its lead names a user for initiator_id"
    )

    // MARK: - Requests

    /// Updates the row where it stands no further than `record`; without `isNextAttempt`, wherever it stands.
    ///
    /// - Returns: False where no row was updated.
    private func patch(
        _ record: CallRecord,
        _ row: [String: JSONDocument],
        isNextAttempt: Bool?
    ) async throws(SupabaseError) -> Bool {
        let answer = try await self.send(row, of: record.callID) { row in
            var query = [("id", "eq.\(record.callID.lowercased())"), ("select", "id")]
            if let isNextAttempt {
                let statuses = SupabaseRow.statuses(before: record, isNextAttempt: isNextAttempt)
                query.append(("status", SupabaseRequest.anyOf(statuses)))
                if self.columns.has("attempt_number") {
                    query.append(("or", "(attempt_number.is.null,attempt_number.lte.\(record.attempt))"))
                }
            }
            var request = SupabaseRequest(.PATCH, "calls", query)
            request.body = .object(row)
            request.prefer = ["return=representation"]
            return request
        }
        return answer.body.elements?.isEmpty == false
    }

    private func insert(_ record: CallRecord) async throws(SupabaseError) -> Insertion {
        var row = SupabaseRow.inserted(record)
        var initiators = [record.initiatorID, record.consumerID].compactMap(\.self)
        var fallbacks = [Fallback.leadOwner, .configured]
        while true {
            while initiators.isEmpty, !fallbacks.isEmpty {
                switch fallbacks.removeFirst() {
                case .leadOwner: initiators = [try await self.owner(ofLead: record.leadID)].compactMap(\.self)
                case .configured: initiators = [self.initiatorID].compactMap(\.self)
                }
            }
            guard let initiator = initiators.first else { return .noInitiator }
            row["initiator_id"] = .string(initiator)
            do throws(SupabaseError) {
                let answer = try await self.send(row, of: record.callID) { row in
                    var request = SupabaseRequest(.POST, "calls", [("on_conflict", "id"), ("select", "id")])
                    request.body = .object(row)
                    request.prefer = ["resolution=ignore-duplicates", "return=representation"]
                    return request
                }
                return answer.body.elements?.isEmpty == false ? .inserted : .exists
            } catch {
                guard let column = error.danglingColumn, row[column] != nil else { throw error }
                self.logger.warning(
                    """
                    A call names a \(column) that Supabase does not have: it is stored there without it. Check who ordered \
                    it, or set SUPABASE_INITIATOR_ID.
                    """,
                    metadata: ["call_id": "\(record.callID)"]
                )
                row[column] = nil
                if column == "initiator_id" { initiators.removeFirst() }
            }
        }
    }

    private enum Fallback { case leadOwner, configured }

    /// Sends a row without the columns that the schema lacks, until it fits.
    ///
    /// - Parameters:
    ///   - row: Columns and values.
    ///   - callID: For the log.
    ///   - request: Makes the request of what is left of the row.
    /// - Returns: The answer.
    /// - Throws: What cannot be helped by leaving something out.
    private func send(
        _ row: [String: JSONDocument],
        of callID: String,
        request: ([String: JSONDocument]) -> SupabaseRequest
    ) async throws(SupabaseError) -> SupabaseClient.Answer {
        var row = row
        var isReduced = false
        // Each turn leaves something out: the columns of a row are the bound.
        while true {
            row = row.filter { self.columns.has($0.key) }
            do throws(SupabaseError) {
                return try await self.client.send(request(row), timeout: SupabaseStore.writeTimeout)
            } catch {
                if let column = error.unknownColumn, self.columns.has(column), self.columns.drop(column) { continue }
                if let column = error.duplicateColumn, column != "id", row[column] != nil {
                    self.logger.warning(
                        "Another call in Supabase has the same \(column): this one is stored there without it.",
                        metadata: ["call_id": "\(callID)"]
                    )
                    row[column] = nil
                    continue
                }
                if error.isBadValue, !isReduced {
                    self.logger.warning(
                        """
                        A value of a call does not fit its column in Supabase (\(error.summary)): only where the call stands \
                        and what was said is stored there. Apply ops/supabase/migration.sql.
                        """,
                        metadata: ["call_id": "\(callID)"]
                    )
                    isReduced = true
                    row = SupabaseRow.reduced(row)
                    continue
                }
                throw error
            }
        }
    }

    // MARK: - Facts

    /// The user that a lead belongs to.
    func owner(ofLead leadID: String?) async throws(SupabaseError) -> String? {
        guard let leadID = leadID.flatMap(UUID.init(uuidString:)) else { return nil }
        return try await self.first(
            "leads",
            id: leadID.uuidString.lowercased(),
            select: "user_id",
            SupabaseStore.readTimeout
        )?[
            "user_id"
        ]?.text
    }

    /// Reads what is known of the lead, the business and the consumer of a call.
    func facts(of record: CallRecord, timeout: Duration) async throws(SupabaseError) -> CallFacts {
        var facts = CallFacts()
        var lead: JSONDocument?
        var business: JSONDocument?
        if let leadID = record.leadID.flatMap(UUID.init(uuidString:)) {
            lead = try await self.first("leads", id: leadID.uuidString.lowercased(), select: "*", timeout)
        }
        if let businessID = record.businessID.flatMap(UUID.init(uuidString:)) {
            business = try await self.first("businesses", id: businessID.uuidString.lowercased(), select: "*", timeout)
        }
        facts.initiatorID = record.consumerID == nil ? lead?["user_id"]?.text : nil
        var consumer: JSONDocument?
        if let consumerID = record.consumerID {
            let id = SupabaseRequest.anyOf([consumerID])
            let request = SupabaseRequest(.GET, "users", [("select", "full_name"), ("id", id), ("limit", "1")])
            consumer = try await self.client.send(request, timeout: timeout).body.elements?.first
        }
        facts.context = SupabaseRow.context(lead: lead, business: business, consumer: consumer)
        return facts
    }

    private func first(
        _ table: String,
        id: String,
        select: String,
        _ timeout: Duration
    ) async throws(SupabaseError) -> JSONDocument? {
        let request = SupabaseRequest(.GET, table, [("select", select), ("id", "eq.\(id)"), ("limit", "1")])
        return try await self.client.send(request, timeout: timeout).body.elements?.first
    }
}
