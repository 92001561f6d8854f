import CallActors
import Foundation
import HTTPTypes
import Hummingbird
import Wire

/// `GET /v1/stats`: totals over the calls of the last days.
struct StatisticsRoutes {
    /// Days that are counted where nobody asked for another number, and at most.
    static let days = (usual: 30, limit: 366)

    let services: HTTPServices

    func add(to group: RouterGroup<RouterRequestContext>) {
        group.get("stats") { request, _ in try await self.statistics(request) }
    }

    private func statistics(_ request: Request) async throws -> Response {
        let outbound = try self.services.requireOutbound()
        let query = URLEncodedForm((request.head.path ?? "").drop { $0 != "?" }.dropFirst())
        guard let days = query.number("days", usual: Self.days.usual, in: 1...Self.days.limit) else {
            throw APIError.invalid(["days": "must be from 1 to \(Self.days.limit)"])
        }
        let since = self.services.now().addingTimeInterval(-86_400 * Double(days))
        do {
            let statistics = try await outbound.store.statistics(since: since)
            return .json(Self.json(statistics, days: days, since: since))
        } catch {
            throw APIError.unavailable()
        }
    }

    private static func json(_ statistics: CallStatistics, days: Int, since: Date) -> JSONDocument {
        var outcomes: [String: JSONDocument] = [:]
        for outcome in CallRecord.Outcome.allCases {
            outcomes[outcome.rawValue] = .integer(statistics.outcomes[outcome] ?? 0)
        }
        let decided = statistics.outcomes.values.reduce(0, +)
        let achieved = statistics.outcomes[.goalAchieved] ?? 0
        return [
            "days": .integer(days), "since": .string(since.timestamp), "calls": .integer(statistics.calls),
            "outcomes": .object(outcomes),
            "success_rate": decided > 0 ? .number(Double(achieved) / Double(decided)) : .null,
            "average_duration_seconds": statistics.averageDurationSeconds.map(JSONDocument.number) ?? .null,
            "cost_usd": .number(statistics.costUSD),
        ]
    }
}
