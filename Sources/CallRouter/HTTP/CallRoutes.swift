import CallActors
import Foundation
import HTTPTypes
import Hummingbird

/// The routes of `/v1/calls` that look at calls.
struct CallRoutes {
    /// Calls on a page that nobody asked a length for, and at most.
    static let pageLengths = (usual: 50, limit: 200)

    let services: HTTPServices

    func add(to group: RouterGroup<RouterRequestContext>) {
        group.get("calls") { request, _ in try await self.list(request) }
        group.get("calls/:callId") { _, context in
            Response.json(CallJSON(record: try await self.services.record(try context.callID)))
        }
        group.get("calls/:callId/recording.wav") { request, context in
            let record = try await self.services.record(try context.callID)
            return try await RecordingDownload(
                callID: record.callID,
                directory: self.services.configuration.storage.directory
            )
            .response(to: request, context: context)
        }
    }

    private func list(_ request: Request) async throws -> Response {
        let query = URLEncodedForm((request.head.path ?? "").drop { $0 != "?" }.dropFirst())
        var faults: [String: String] = [:]
        let status = query["status"].flatMap(CallRecord.Status.init)
        if query["status"] != nil, status == nil {
            faults["status"] = "must be one of " + CallRecord.Status.allCases.map(\.rawValue).joined(separator: ", ")
        }
        let limit = query.number("limit", usual: Self.pageLengths.usual, in: 1...Self.pageLengths.limit)
        if limit == nil {
            faults["limit"] = "must be from 1 to \(Self.pageLengths.limit)"
        }
        guard faults.isEmpty, let limit else { throw APIError.invalid(faults) }
        do {
            let page = try await self.services.store.calls(status: status, limit: limit, cursor: query["cursor"])
            return .json(CallPageJSON(page))
        } catch .refused where query["cursor"] != nil {
            throw APIError.invalid(["cursor": "must be the next_cursor of an earlier page"])
        } catch {
            throw APIError.unavailable()
        }
    }
}

/// One page of calls.
private struct CallPageJSON: Encodable {
    private enum Key: String, CodingKey {
        case calls
        case nextCursor = "next_cursor"
    }

    private let page: CallPage

    init(_ page: CallPage) { self.page = page }

    func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: Key.self)
        try values.encode(self.page.calls.map { CallJSON(record: $0, includesTranscript: false) }, forKey: .calls)
        try values.encode(self.page.nextCursor, forKey: .nextCursor)
    }
}
