import CallActors
import Foundation
import Logging
import StandIns

/// The router of a simulation: the code of `serve`, in this process.
struct SimulatedRouter: Sendable {
    /// Under which the carrier knows the router; the stand-in of the carrier knows the port behind it.
    static let publicURL = "http://\(Self.authority)"
    static let authority = "router.localhost"
    /// The bearer token of `/v1`.
    static let apiToken = "simulation"

    private let process: RouterProcess
    /// The port of HTTP and streams, once it is bound.
    private let ports: Record<BoundPorts?>

    /// `environment` is everything that the router is to know; the process's own environment is not read.
    init(environment: [String: String], observer: any CallObserver) throws(ConfigurationError) {
        let ports = Record<BoundPorts?>(nil)
        let configuration = try RouterConfiguration(environment: environment)
        // The logging system is set up once in a process; tests run several simulations.
        let logger = Self.logger(configuration.logging)
        self.ports = ports
        self.process = RouterProcess(
            configuration: configuration,
            observer: observer,
            logger: logger,
            assemble: RouterAssembly.assemble,
            onReady: { bound in ports.update { $0 = bound } }
        )
    }

    /// Runs until ``stop()`` and the end of the drain.
    func run() async throws(StartError) { try await self.process.run() }

    /// Waits for the port.
    func port() async throws -> Int {
        try await self.ports.wait(for: "the router to listen", within: .seconds(30)) { $0?.main }
    }

    /// Drains: there are no calls left, and what is owed to finished ones is done.
    func stop() { self.process.beginDrain() }

    private static func logger(_ logging: RouterConfiguration.Logging) -> Logger {
        Logger(label: "CallRouter.simulate") { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = logging.level
            return handler
        }
    }

    /// The variables that every scenario has.
    static func environment(dataDirectory: String, network: SimulatedNetwork) -> [String: String] {
        let carrier = network.carrier.settings
        return [
            "WEBSOCKET_PORT": "0", "BIND_ADDRESS": "127.0.0.1", "METRICS_PORT": "0", "PUBLIC_URL": self.publicURL,
            "DATA_DIR": dataDirectory, "ENABLE_RECORDING": "true", "INBOUND_CALLS": "accept", "MAX_CALLS": "100000",
            "OPENAI_API_KEY": ModelSettings().apiKey, "OPENAI_REALTIME_URL": network.model.url,
            "ANTHROPIC_API_KEY": ClaudeSettings().apiKey, "ANTHROPIC_BASE_URL": network.claude.url,
            "SIGNALWIRE_PROJECT_ID": carrier.accountSID, "SIGNALWIRE_API_TOKEN": StandInAPISettings().apiToken,
            "SIGNALWIRE_SPACE_URL": network.api.url, "SIGNALWIRE_PHONE_NUMBER": carrier.ownNumber,
            "SIGNALWIRE_SIGNING_KEY": Self.signingKey, "ROUTER_API_TOKEN": Self.apiToken, "ALLOWED_COUNTRIES": "US",
            "TRANSFER_NUMBERS": "+15555550190,+15555550191", "CALLING_HOURS": "off", "CALLS_PER_SECOND": "1000",
            "API_REQUESTS_PER_MINUTE": "1000000",
            "LOG_LEVEL": ProcessInfo.processInfo.environment["LOG_LEVEL"] ?? "error",
        ]
    }

    /// Documents are fetched with a signature, as they are from a carrier.
    static let signingKey = "PSK_simulation"
}
