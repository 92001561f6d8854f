import HTTPTypes
import Hummingbird
import NIOCore

/// All routes of the main port, with and without the path prefix of `PUBLIC_URL`.
struct RouterHTTPResponder: HTTPResponder {
    typealias Context = RouterRequestContext

    private let routes: RouterResponder<RouterRequestContext>
    private let prefix: PathPrefix

    init(_ services: HTTPServices, limits: HTTPLimits = HTTPLimits()) {
        self.routes = Self.router(services, limits: limits).buildResponder()
        self.prefix = services.configuration.publicURL?.prefix ?? PathPrefix("")
    }

    static func router(_ services: HTTPServices, limits: HTTPLimits) -> Router<RouterRequestContext> {
        let router = Router(context: RouterRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorShape())
        HealthRoutes(services: services).add(to: router)
        DocumentEndpoint(services: services).add(to: router)
        WebhookRoutes(services: services).add(to: router)
        APIRoutes(services: services, limits: limits).add(to: router)
        return router
    }

    func respond(to request: Request, context: RouterRequestContext) async throws -> Response {
        var head = request.head
        head.path = self.prefix.strip(head.path ?? "/")
        // A method that nobody takes counts as one that nobody takes: no route need know all their names.
        if !MethodRefusals.methods.contains(head.method) { head.method = .trace }
        var response = try await self.routes.respond(to: Request(head: head, body: request.body), context: context)
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }
}
