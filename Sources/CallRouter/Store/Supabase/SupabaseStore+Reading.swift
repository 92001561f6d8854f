import CallActors
import Foundation
import Logging
import NIOHTTP1
import Synchronization
import Wire

extension SupabaseStore {
    /// Reads a call with its relations, and stores it here while it is not over.
    func fetch(_ filter: (String, String)) async throws(StoreError) -> CallRecord? {
        let row: JSONDocument?
        do throws(SupabaseError) {
            row = try await self.row(filter)
        } catch {
            if error.unknownColumn != nil { return nil }
            throw StoreError(error)
        }
        guard let row, let record = SupabaseRow.record(row) else { return nil }
        // What is over needs nothing of us, least of all a summary.
        guard !record.status.isTerminal else { return record }
        let stored = try await self.local.adopt(record, isEnriched: true)
        return try await self.local.call(id: stored.callID) ?? stored
    }

    /// The row that a filter finds, the newest of several; with as many relations as the schema has.
    private func row(_ filter: (String, String)) async throws(SupabaseError) -> JSONDocument? {
        let selections = ["*,leads(*),businesses(*),consumer:users!consumer_id(full_name)", "*,leads(*),businesses(*)"]
        for selection in selections {
            do throws(SupabaseError) { return try await self.row(filter, select: selection) } catch {
                guard error.isBadEmbedding else { throw error }
            }
        }
        return try await self.row(filter, select: "*")
    }

    private func row(_ filter: (String, String), select: String) async throws(SupabaseError) -> JSONDocument? {
        var request = SupabaseRequest(
            .GET,
            "calls",
            [("select", select), filter, ("order", "created_at.desc"), ("limit", "1")]
        )
        request.isSingular = true
        do throws(SupabaseError) {
            return try await self.client.send(request, timeout: Self.readTimeout).body
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    /// Looks up the facts about a call's lead and business where that was not done yet; true where there are new ones.
    func addFacts(to record: CallRecord) async throws(StoreError) -> Bool {
        // While Supabase is down, no call waits for it.
        guard record.leadID != nil || record.businessID != nil, self.outages.withLock({ $0 }) == 0,
            try await self.local.lacksFacts(callID: record.callID)
        else { return false }
        do throws(SupabaseError) {
            let facts = try await self.writer.facts(of: record, timeout: Self.factsTimeout)
            await self.keep(facts, of: record.callID)
            return true
        } catch {
            self.logger.warning("\(error) The call goes on without the facts about its lead and business.")
            return false
        }
    }

    /// Stores facts; that they could not be stored costs a second look, nothing else.
    func keep(_ facts: CallFacts, of callID: String) async {
        do throws(StoreError) {
            try await self.local.enrich(callID: callID, with: facts)
        } catch {
            self.logger.warning("\(error)", metadata: ["call_id": "\(callID)"])
        }
    }

    /// Ends a queued call here that is over in Supabase, because somebody cancelled it there; true where it was.
    ///
    /// Where Supabase does not answer at once, the call is dialled.
    func endIfOverElsewhere(_ callID: String) async throws(StoreError) -> Bool {
        guard self.outages.withLock({ $0 }) == 0, UUID(uuidString: callID) != nil,
            try await self.local.isMirrored(callID: callID)
        else { return false }
        let request = SupabaseRequest(.GET, "calls", [("select", "status"), ("id", "eq.\(callID.lowercased())")])
        let answer: SupabaseClient.Answer
        do throws(SupabaseError) {
            answer = try await self.client.send(request, timeout: Self.factsTimeout)
        } catch {
            return false
        }
        guard let status = answer.body.elements?.first?["status"]?.text, SupabaseRow.status(status).isTerminal else {
            return false
        }
        var change = CallChange()
        change.status = .completed
        change.outcome = .error
        change.endReason = .operatorHangup
        change.endedAt = Date()
        change.errorMessage = "The call was ended in Supabase before it was dialled."
        try await self.local.update(callID: callID, change)
        self.logger.notice(
            "A queued call is over in Supabase and is not dialled.",
            metadata: ["call_id": "\(callID)"]
        )
        return true
    }

    // MARK: - Lists

    func remoteCalls(
        status: CallRecord.Status?,
        limit: Int,
        cursor: String?
    ) async throws(SupabaseError) -> CallPage {
        let limit = min(max(limit, 1), 1_000)
        var query = [
            ("select", "*"), ("order", "created_at.desc,id.desc"), ("limit", "\(limit + 1)"),
        ]
        if let status { query.append(("status", SupabaseRequest.anyOf(SupabaseRow.names(of: status)))) }
        if let place = cursor.flatMap(CallCursor.init), UUID(uuidString: place.callID) != nil {
            let time = place.createdAt.timestamp
            query.append(("or", "(created_at.lt.\"\(time)\",and(created_at.eq.\"\(time)\",id.lt.\"\(place.callID)\"))"))
        }
        let answer = try await self.client.send(SupabaseRequest(.GET, "calls", query), timeout: Self.readTimeout)
        let calls = (answer.body.elements ?? []).compactMap(SupabaseRow.record)
        let page = calls.prefix(limit).map { call in
            var call = call
            call.transcript = []
            return call
        }
        let next = calls.count > limit ? page.last : nil
        return CallPage(
            calls: page,
            nextCursor: next.map { CallCursor(createdAt: $0.createdAt, callID: $0.callID).text }
        )
    }

    /// Totals over at most 10,000 calls, the newest.
    func remoteStatistics(since date: Date) async throws(SupabaseError) -> CallStatistics {
        var statistics = CallStatistics()
        var durations: [Int] = []
        for page in 0..<10 {
            let request = SupabaseRequest(
                .GET,
                "calls",
                [
                    ("select", "status,outcome,started_at,duration_seconds,actual_cost_usd"),
                    ("created_at", "gte.\(date.timestamp)"), ("order", "created_at.desc,id.desc"),
                    ("limit", "1000"), ("offset", "\(page * 1_000)"),
                ]
            )
            let rows = try await self.client.send(request, timeout: Self.readTimeout).body.elements ?? []
            for row in rows {
                statistics.calls += 1
                if let outcome = SupabaseRow.outcome(row) { statistics.outcomes[outcome, default: 0] += 1 }
                if row["started_at"]?.text != nil, let seconds = row["duration_seconds"]?.integer {
                    durations.append(seconds)
                }
                statistics.costUSD += row["actual_cost_usd"]?.double ?? 0
            }
            // A server may cap pages below what was asked for: only an empty one is the end.
            if rows.isEmpty { break }
        }
        if !durations.isEmpty {
            statistics.averageDurationSeconds = Double(durations.reduce(0, +)) / Double(durations.count)
        }
        return statistics
    }
}

extension StoreError {
    /// What a reader hears: Supabase alone knows the answer, and did not give it.
    init(_ error: SupabaseError) {
        switch error.kind {
        case .unavailable, .misconfigured: self = .unavailable("Supabase: \(error.summary)")
        case .refused: self = .refused("Supabase: \(error.summary)")
        }
    }
}
