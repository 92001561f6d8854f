import Hummingbird
import HummingbirdCore
import Logging
import NIOCore

/// The HTTP server of the main port and that of the metrics.
package enum RouterServer {
    /// The application of the main port, routes and media streams; `onRunning` is told the bound port.
    package static func main(
        _ services: HTTPServices,
        eventLoopGroup: any EventLoopGroup,
        limits: HTTPLimits = HTTPLimits(),
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let configuration = services.configuration
        let responder = RouterHTTPResponder(services, limits: limits)
        let child = RouterChildChannel(
            responder: responder,
            upgrades: UpgradeRules(media: services.media, prefix: configuration.publicURL?.prefix ?? PathPrefix("")),
            limits: limits,
            admission: ConnectionAdmission(limit: limits.connectionCount)
        )
        return Application(
            responder: responder,
            server: HTTPServerBuilder { _ in child },
            configuration: .init(
                address: .hostname(configuration.listening.address, port: configuration.listening.port),
                backlog: 1024
            ),
            onServerRunning: { await onRunning($0.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(eventLoopGroup),
            logger: logger.quieted
        )
    }

    /// The application of the metrics port: `/metrics` in Prometheus' text format.
    package static func metrics(
        address: String,
        port: Int,
        render: @escaping @Sendable () async -> String,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> some ApplicationProtocol {
        let router = Router(context: RouterRequestContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: ErrorShape())
        router.get("metrics") { _, _ in
            Response(
                status: .ok,
                headers: [.contentType: "text/plain; version=0.0.4; charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(string: await render()))
            )
        }
        let responder = router.buildResponder()
        var limits = HTTPLimits()
        limits.connectionCount = 64
        let child = RouterChildChannel(
            responder: responder,
            upgrades: UpgradeRules(media: NoMediaStreams(), prefix: PathPrefix("")),
            limits: limits,
            admission: ConnectionAdmission(limit: limits.connectionCount)
        )
        return Application(
            responder: responder,
            server: HTTPServerBuilder { _ in child },
            configuration: .init(address: .hostname(address, port: port)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? 0) },
            eventLoopGroupProvider: .shared(eventLoopGroup),
            logger: logger.quieted
        )
    }
}

extension Logger {
    /// For parts whose own records say less than ours: nothing below a warning.
    fileprivate var quieted: Logger {
        var logger = self
        logger.logLevel = max(self.logLevel, .warning)
        return logger
    }
}
