import CallActors
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import Wire

/// `/v1/opt-outs`: the numbers that must not be called.
struct OptOutRoutes {
    let services: HTTPServices

    func add(to group: RouterGroup<RouterRequestContext>) {
        group.get("opt-outs") { _, _ in try await self.list() }
        group.post("opt-outs") { request, context in try await self.add(request, logger: context.logger) }
        group.delete("opt-outs/:number") { _, context in try await self.remove(try context.pathParameter("number")) }
    }

    private func list() async throws -> Response {
        let outbound = try self.services.requireOutbound()
        do {
            let numbers = try await outbound.store.optOuts().map(Self.json)
            return .json(["numbers": .array(numbers)] as JSONDocument)
        } catch {
            throw APIError.unavailable()
        }
    }

    private func add(_ request: Request, logger: Logger) async throws -> Response {
        let outbound = try self.services.requireOutbound()
        var fields = BodyFields(try await JSONBody.object(of: request))
        let text = fields.text("number", limit: CallOrder.limits.number, isRequired: true)
        fields.close()
        let number = text.flatMap { Self.normal($0, by: outbound.numbers) }
        if text != nil, number == nil { fields.refuse("number", APIError.numberFault) }
        guard fields.faults.isEmpty, let number else { throw APIError.invalid(fields.faults) }
        let optOut = OptOut(number: number, at: self.services.now(), source: .api)
        do {
            try await outbound.store.optOut(optOut)
        } catch {
            throw APIError.unavailable()
        }
        await self.endQueuedCalls(to: number, outbound, logger: logger)
        return .json(Self.json(optOut), status: .created)
    }

    private func remove(_ text: String) async throws -> Response {
        let outbound = try self.services.requireOutbound()
        let number = Self.normal(text, by: outbound.numbers) ?? text
        let isRemoved: Bool
        do {
            isRemoved = try await outbound.store.removeOptOut(number: number)
        } catch {
            throw APIError.unavailable()
        }
        guard isRemoved else { throw APIError.notFound("This number is not among those that must not be called.") }
        return Response(status: .noContent)
    }

    /// Ends what waits to be dialled; what cannot be ended now is refused when its time has come.
    private func endQueuedCalls(to number: String, _ outbound: OutboundServices, logger: Logger) async {
        do {
            for call in try await outbound.store.queuedCalls(to: number) {
                await self.services.switchboard.carrierEnded(
                    callID: call.callID,
                    reason: .optedOut,
                    errorMessage: nil
                )
            }
        } catch {
            logger.warning(
                "Queued calls to a number that was just closed could not be looked up; they end when they are due",
                metadata: ["error": "\(error)"]
            )
        }
    }

    /// The number in E.164; one that we would not call may be closed too.
    private static func normal(_ text: String, by numbers: any NumberChecking) -> String? {
        switch numbers.check(text) {
        case .allowed(let number): return number
        case .malformed: return nil
        case .notAllowed:
            let digits = text.unicodeScalars.filter { ("0"..."9").contains($0) }
            let isE164 = text.hasPrefix("+") && (2...15).contains(digits.count) && digits.first != "0"
            return isE164 ? "+" + String(String.UnicodeScalarView(digits)) : nil
        }
    }

    private static func json(_ optOut: OptOut) -> JSONDocument {
        [
            "number": .string(optOut.number), "at": .string(optOut.at.timestamp),
            "source": .string(optOut.source.rawValue),
        ]
    }
}
