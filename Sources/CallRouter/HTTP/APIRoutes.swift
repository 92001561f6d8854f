import HTTPTypes
import Hummingbird
import Wire

/// All routes below `/v1`.
struct APIRoutes {
    static let prefix = "/v1"

    let services: HTTPServices
    let limits: HTTPLimits

    /// Adds the routes, behind the guard that keeps others out.
    func add(to router: Router<RouterRequestContext>) {
        let group = router.group(RouterPath(Self.prefix))
            .add(middleware: APIGuard(configuration: self.services.configuration, metering: self.services.metering))
        CallOrderRoutes(services: self.services).add(to: group)
        CallRoutes(services: self.services).add(to: group)
        CallControlRoutes(services: self.services).add(to: group)
        OptOutRoutes(services: self.services).add(to: group)
        StatisticsRoutes(services: self.services).add(to: group)
        EventRoutes(services: self.services, heartbeatTime: self.limits.heartbeatTime).add(to: group)
        let description = APIDescription(publicURL: self.services.configuration.publicURL).document.encoded()
        group.get("openapi.json") { _, _ in Response.json(encoded: description) }
        MethodRefusals.add(for: router.routes, below: Self.prefix + "/", to: group)
    }
}
