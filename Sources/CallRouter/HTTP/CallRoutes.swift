import CallActors
import Foundation
import HTTPTypes
import Hummingbird

/// The routes of `/v1/calls` that look at calls and end them.
struct CallRoutes {
    /// Calls on a page that nobody asked a length for, and at most.
    static let pageLengths = (usual: 50, limit: 200)

    let services: HTTPServices

    func add(to group: RouterGroup<RouterRequestContext>) {
        group.get("calls") { request, _ in try await self.list(request) }
        group.get("calls/:callId") { _, context in
            Response.json(CallJSON(record: try await self.record(context)))
        }
        group.get("calls/:callId/recording.wav") { request, context in
            let record = try await self.record(context)
            return try await RecordingDownload(
                callID: record.callID,
                directory: self.services.configuration.storage.directory
            )
            .response(to: request, context: context)
        }
        group.post("calls/:callId/hangup") { _, context in try await self.hangUp(context) }
    }

    private func list(_ request: Request) async throws -> Response {
        let query = URLEncodedForm((request.head.path ?? "").drop { $0 != "?" }.dropFirst())
        var faults: [String: String] = [:]
        let status = query["status"].flatMap(CallRecord.Status.init)
        if query["status"] != nil, status == nil {
            faults["status"] = "must be one of " + CallRecord.Status.allCases.map(\.rawValue).joined(separator: ", ")
        }
        let limit = query["limit"].map { Int($0) ?? 0 } ?? Self.pageLengths.usual
        if !(1...Self.pageLengths.limit).contains(limit) {
            faults["limit"] = "must be from 1 to \(Self.pageLengths.limit)"
        }
        guard faults.isEmpty else { throw APIError.invalid(faults) }
        do {
            let page = try await self.services.store.calls(status: status, limit: limit, cursor: query["cursor"])
            return .json(CallPageJSON(page))
        } catch .refused where query["cursor"] != nil {
            throw APIError.invalid(["cursor": "must be the next_cursor of an earlier page"])
        } catch {
            throw APIError.unavailable()
        }
    }

    private func hangUp(_ context: RouterRequestContext) async throws -> Response {
        let callID = try context.parameters.require("callId")
        // First the call itself: a live one can be ended while the store is down.
        if await self.services.switchboard.hangUp(callID: callID) {
            return .json(["call_id": callID, "status": "ending"], status: .accepted)
        }
        let record = try await self.record(context)
        throw APIError(
            .conflict,
            code: "not_live",
            message: "The call is \(record.status.rawValue), not live on this router."
        )
    }

    private func record(_ context: RouterRequestContext) async throws -> CallRecord {
        let callID = try context.parameters.require("callId")
        let record: CallRecord?
        do {
            record = try await self.services.store.call(id: callID)
        } catch {
            throw APIError.unavailable()
        }
        guard let record else { throw APIError.notFound("There is no call with this identifier.") }
        return record
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
