import CallActors
import HTTPTypes
import Hummingbird
import Wire

/// `POST /v1/calls`: orders a call.
struct CallOrderRoutes {
    let services: HTTPServices

    func add(to group: RouterGroup<RouterRequestContext>) {
        group.post("calls") { request, _ in try await self.create(request) }
    }

    private func create(_ request: Request) async throws -> Response {
        let outbound = try self.services.requireOutbound()
        let members = try await JSONBody.object(of: request)
        let order = try CallOrder(members, numbers: outbound.numbers)
        // draft-ietf-httpapi-idempotency-key-header
        let header = HTTPField.Name("Idempotency-Key").flatMap { request.headers[$0] }
        let key = try CallOrder.idempotency(header, of: members)
        do {
            let record = try await outbound.intake.create(order.call, idempotency: key)
            return .json(
                ["call_id": .string(record.callID), "status": .string(record.status.rawValue)] as JSONDocument,
                status: .accepted
            )
        } catch {
            throw APIError(error)
        }
    }
}
