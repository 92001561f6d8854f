import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The HTTP servers of one router, which start and stop together.
final class RouterServers: Sendable {
    private let group: ServiceGroup
    private let isStopping = Atomic(false)

    /// Prepares the servers; `onReady` is called once, when all of them listen.
    init(
        services: HTTPServices,
        renderMetrics: @escaping @Sendable () async -> String,
        eventLoopGroup: any EventLoopGroup,
        logger: Logger,
        onReady: @escaping @Sendable (BoundPorts) async -> Void
    ) {
        let listening = services.configuration.listening
        let ports = PortCollector(expectsMetrics: listening.metricsPort != nil) { bound in
            logger.notice(
                "Listening",
                metadata: [
                    "address": "\(listening.address)", "port": "\(bound.main)",
                    "metricsPort": "\(bound.metrics.map(String.init) ?? "off")",
                ]
            )
            await onReady(bound)
        }
        let main = RouterServer.main(services, eventLoopGroup: eventLoopGroup, logger: logger) { port in
            await ports.bound(main: port)
        }
        // Whoever sees the main port answer may ask for the metrics: they listen first.
        let (metricsListen, metricsBound) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        var servers: [any Service] = [
            ListeningService(address: listening.address, port: listening.port) {
                if listening.metricsPort != nil { for await _ in metricsListen { break } }
                try Task.checkCancellation()
                try await main.run()
            }
        ]
        if let metricsPort = listening.metricsPort {
            let metrics = RouterServer.metrics(
                address: listening.address,
                port: metricsPort,
                render: renderMetrics,
                eventLoopGroup: eventLoopGroup,
                logger: logger,
                onRunning: { port in
                    await ports.bound(metrics: port)
                    metricsBound.yield()
                }
            )
            servers.append(
                ListeningService(address: listening.address, port: metricsPort) { try await metrics.run() }
            )
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var configuration = ServiceGroupConfiguration(services: servers, logger: quiet)
        // Connections get a moment to finish their responses; streams and calls are over before the servers stop.
        configuration.maximumGracefulShutdownDuration = .seconds(1)
        self.group = ServiceGroup(configuration: configuration)
    }

    /// Listens until ``stop()``; returns why it could not.
    func run() async -> StartError? {
        do {
            try await self.group.run()
            return nil
        } catch {
            // Connections that were cut off at the end are no failure to run.
            if self.isStopping.load(ordering: .relaxed) { return nil }
            return error as? StartError ?? .partUnusable(part: "The HTTP server", reason: "\(error)")
        }
    }

    /// Stops listening and closes what is idle.
    func stop() async {
        self.isStopping.store(true, ordering: .relaxed)
        await self.group.triggerGracefulShutdown()
    }
}
