import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// The HTTP side of the carrier's documents: who may fetch them, and on which paths.
struct LaMLEndpoint {
    let services: HTTPServices

    func add(to router: Router<RouterRequestContext>) {
        for base in ["laml", "api/twiml"] {
            self.add("\(base)/call/:callId", to: router) { routes, fetch, context in
                await routes.begin(callID: try context.parameters.require("callId"), fetch: fetch)
            }
            self.add("\(base)/call/:callId/resume", to: router) { routes, fetch, context in
                await routes.resume(callID: try context.parameters.require("callId"), fetch: fetch)
            }
        }
        self.add("laml/fallback", to: router) { routes, fetch, _ in await routes.fallback(fetch: fetch) }
        self.add("laml/inbound", to: router) { routes, fetch, _ in try await routes.inbound(fetch: fetch) }
    }

    private func add(
        _ path: RouterPath,
        to router: Router<RouterRequestContext>,
        answer: @escaping @Sendable (LaMLRoutes, LaMLRoutes.Fetch, RouterRequestContext) async throws -> LaMLDocument
    ) {
        let handler: @Sendable (Request, RouterRequestContext) async throws -> Response = { request, context in
            guard let publicURL = self.services.configuration.publicURL else {
                throw APIError(
                    .serviceUnavailable,
                    code: "no_public_url",
                    message: "PUBLIC_URL is not set, so no stream can be named. Set it to the address of this router."
                )
            }
            let fetch = try await self.authenticatedFetch(request, publicURL: publicURL, logger: context.logger)
            let routes = LaMLRoutes(services: self.services, publicURL: publicURL)
            return .laml(try await answer(routes, fetch, context))
        }
        router.get(path, use: handler)
        router.post(path, use: handler)
    }

    /// Reads what the carrier sent, and makes sure that it was the carrier.
    private func authenticatedFetch(
        _ request: Request,
        publicURL: PublicURL,
        logger: Logger
    ) async throws -> LaMLRoutes.Fetch {
        let target = request.head.path ?? "/"
        let path = target.prefix { $0 != "?" }
        let query = URLEncodedForm(target.dropFirst(path.count + 1))
        var form = URLEncodedForm("")
        if request.method == .post { form = URLEncodedForm(try await request.body.collect(upTo: 64 * 1024)) }
        if let webhooks = self.services.webhooks {
            func header(_ name: String) -> String? { HTTPField.Name(name).flatMap { request.headers[$0] } }
            let signatures = ["x-signalwire-signature", "x-twilio-signature"].compactMap(header)
            let settings = header("x-twilio-webhooks-signature-settings")
            let url = publicURL.web(target)
            let pairs = form.pairs.map { ($0.name, $0.value) }
            let isGenuine = signatures.contains {
                webhooks.isValid(signature: $0, url: url, form: pairs, settings: settings)
            }
            guard isGenuine else {
                let state = signatures.isEmpty ? "missing" : "wrong"
                logger.warning(
                    """
                    Refused a document: its signature is \(state). If this is your carrier, check \
                    SIGNALWIRE_SIGNING_KEY, and that PUBLIC_URL is the address that the carrier uses.
                    """,
                    metadata: ["path": "\(path)"]
                )
                throw APIError(.forbidden, code: "forbidden", message: "The signature is \(state).")
            }
        }
        return LaMLRoutes.Fetch(path: String(path), query: query, form: form)
    }
}
