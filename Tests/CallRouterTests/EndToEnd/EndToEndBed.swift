import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import StandIns
import Testing

/// What a router needs around it: stand-ins of the voice model and of Claude, a carrier, and a folder for its data.
struct EndToEndBed: Sendable {
    /// Under which the carrier knows the router; where that is, ``EndToEndBed/start(environment:)`` tells it.
    private static let authority = "router.localhost"
    private static let signingKey = "PSK_end_to_end"

    let directory: TemporaryDirectory
    let model: StandInModel
    let claude: StandInClaude
    let carrier: StandInCarrier

    /// Runs `body` with stand-ins of its own, and stops them after it.
    static func run(_ body: (EndToEndBed) async throws -> Void) async throws {
        let model = try await StandInModel.start(script: Dialogue.script)
        let claude = try await StandInClaude.start()
        var settings = CarrierSettings(routerPort: 0)
        settings.publicURL = "http://\(Self.authority)"
        settings.signingKey = Self.signingKey
        let bed = EndToEndBed(
            directory: try TemporaryDirectory(),
            model: model,
            claude: claude,
            carrier: StandInCarrier(settings: settings)
        )
        do {
            try await body(bed)
        } catch {
            await model.stop()
            await claude.stop()
            throw error
        }
        await model.stop()
        await claude.stop()
    }

    /// Starts a router on this bed's data, and points the carrier to it.
    func start(environment: [String: String] = [:]) async throws -> (router: RouterBinary, port: Int) {
        let router = try self.router(environment: environment)
        let port = try await router.port()
        self.carrier.route(Self.authority, to: port)
        return (router, port)
    }

    /// Starts a router on this bed's data, and waits for nothing.
    func router(environment: [String: String] = [:]) throws -> RouterBinary {
        try RouterBinary(
            ["serve"],
            environment: self.environment.merging(environment) { $1 },
            directory: self.directory
        )
    }

    /// Asks a router, and returns the status and the body.
    static func get(_ path: String, port: Int) async throws -> (status: Int, body: StandInJSON) {
        let request = HTTPClientRequest(url: "http://127.0.0.1:\(port)\(path)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), try StandInJSON(parsing: body))
    }

    /// What the next router on the same data says of a call: the one before has been stopped.
    func account(of callID: String) async throws -> StandInJSON {
        let (router, port) = try await self.start()
        let (status, body) = try await Self.get("/v1/calls/\(callID)", port: port)
        #expect(status == 200)
        router.signal(SIGTERM)
        #expect(try await router.end().status == 0)
        return body
    }

    private var environment: [String: String] {
        [
            "WEBSOCKET_PORT": "0", "BIND_ADDRESS": "127.0.0.1", "METRICS_PORT": "0", "LOG_FORMAT": "json",
            "PUBLIC_URL": "http://\(Self.authority)", "SIGNALWIRE_SIGNING_KEY": Self.signingKey,
            "DATA_DIR": self.directory.path + "/data", "INBOUND_CALLS": "accept",
            "OPENAI_API_KEY": ModelSettings().apiKey, "OPENAI_REALTIME_URL": self.model.url,
            "ANTHROPIC_API_KEY": ClaudeSettings().apiKey, "ANTHROPIC_BASE_URL": self.claude.url,
        ]
    }
}
