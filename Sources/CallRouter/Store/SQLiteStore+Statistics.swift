import CallActors
import Foundation
import GRDB

extension SQLiteStore {
    /// Totals over the calls created since `date`.
    package func statistics(since date: Date) async throws(StoreError) -> CallStatistics {
        try await self.read { db in
            let since: StatementArguments = [date.timeIntervalSinceReferenceDate]
            var statistics = CallStatistics()
            let totals = try Row.fetchOne(
                db,
                sql: """
                    SELECT count(*) AS calls, coalesce(sum(cost_usd), 0.0) AS cost,
                        avg(CASE WHEN started_at IS NOT NULL THEN duration_seconds END) AS duration
                    FROM calls WHERE created_at >= ?
                    """,
                arguments: since
            )
            if let totals {
                statistics.calls = totals["calls"]
                statistics.costUSD = totals["cost"]
                statistics.averageDurationSeconds = totals["duration"]
            }
            let outcomes = try Row.fetchAll(
                db,
                sql: """
                    SELECT outcome, count(*) AS calls FROM calls WHERE created_at >= ? AND outcome IS NOT NULL
                    GROUP BY outcome
                    """,
                arguments: since
            )
            for row in outcomes {
                guard let outcome = CallRecord.Outcome(rawValue: row["outcome"]) else { continue }
                statistics.outcomes[outcome] = row["calls"]
            }
            return statistics
        }
    }
}
