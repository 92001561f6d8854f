import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The carrier's documents over HTTP: on which paths, and in which language.
struct DocumentEndpoint {
    private typealias Answer =
        @Sendable (CallInstructions, CarrierRequest, RouterRequestContext) async throws -> CallInstruction

    private enum Language { case laml, swml }

    let services: HTTPServices

    func add(to router: Router<RouterRequestContext>) {
        for base in ["laml", "api/twiml"] {
            self.addCall("\(base)/call/:callId", .laml, to: router)
            self.add("\(base)/call/:callId/transfer", .laml, to: router) { instructions, request, context in
                await instructions.transfer(callID: try context.callID, request: request)
            }
        }
        self.addCall("swml/call/:callId", .swml, to: router)
        self.add("laml/fallback", .laml, to: router) { instructions, request, _ in
            await instructions.fallback(request: request)
        }
        self.add("laml/inbound", .laml, to: router) { instructions, request, _ in
            try await instructions.inbound(request: request)
        }
    }

    private func addCall(_ path: String, _ language: Language, to router: Router<RouterRequestContext>) {
        self.add(path, language, to: router) { instructions, request, context in
            await instructions.begin(callID: try context.callID, request: request)
        }
        self.add(path + "/resume", language, to: router) { instructions, request, context in
            await instructions.resume(callID: try context.callID, request: request)
        }
    }

    private func add(
        _ path: String,
        _ language: Language,
        to router: Router<RouterRequestContext>,
        answer: @escaping Answer
    ) {
        let handler: @Sendable (Request, RouterRequestContext) async throws -> Response = { request, context in
            guard let publicURL = self.services.configuration.publicURL else {
                throw APIError(
                    .serviceUnavailable,
                    code: "no_public_url",
                    message: "PUBLIC_URL is not set, so no stream can be named. Set it to the address of this router."
                )
            }
            let reader = CarrierRequestReader(services: self.services)
            let request = try await reader.read(request, logger: context.logger)
            let instructions = CallInstructions(services: self.services, logger: context.logger)
            let instruction = try await answer(instructions, request, context)
            let writer = InstructionWriter(services: self.services, publicURL: publicURL)
            return switch language {
            case .laml: .laml(writer.laml(instruction))
            case .swml: .swml(writer.swml(instruction))
            }
        }
        router.get(RouterPath(path), use: handler)
        router.post(RouterPath(path), use: handler)
    }
}
