import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1

/// Compares this machine's clock with the `Date` headers of the providers' answers.
struct ClockCheck: Sendable {
    private static let subject = "clock"

    /// Servers to ask: scheme, host and port.
    let servers: [String]
    let eventLoopGroup: any EventLoopGroup
    var timeout = Duration.seconds(5)

    /// The servers that a configuration names anyway.
    init(configuration: RouterConfiguration, eventLoopGroup: any EventLoopGroup) {
        var addresses = [configuration.anthropic.baseURL]
        switch configuration.carrier {
        case .signalWire(_, _, let space, _): addresses.append(space)
        case .twilio(_, _, let baseURL, _): addresses.append(baseURL)
        case nil: break
        }
        let openAI = configuration.openAI.url
        let servers =
            [Self.server(openAI, scheme: openAI.scheme == "wss" ? "https" : "http")]
            + addresses.map { Self.server($0, scheme: $0.scheme) }
        self.init(servers: servers, eventLoopGroup: eventLoopGroup)
    }

    init(servers: [String], eventLoopGroup: any EventLoopGroup) {
        self.servers = servers
        self.eventLoopGroup = eventLoopGroup
    }

    private static func server(_ address: WebAddress, scheme: String) -> String {
        WebAddress(scheme: scheme, host: address.host, port: address.port, path: "").string
    }

    func finding() async -> Finding {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.connectionPool.retryConnectionEstablishment = false
        let client = HTTPClient(eventLoopGroup: self.eventLoopGroup, configuration: configuration)
        let readings = await withTaskGroup(of: ClockReading?.self) { group in
            for server in self.servers { group.addTask { await self.reading(of: server, client) } }
            return await group.reduce(into: [ClockReading]()) { all, reading in
                if let reading { all.append(reading) }
            }
        }
        // Nothing can be done about a connection that does not close cleanly.
        try? await client.shutdown()
        return Self.finding(readings)
    }

    private static func finding(_ readings: [ClockReading]) -> Finding {
        guard let lead = ClockReading.lead(of: readings) else {
            return .warning(
                Self.subject,
                "not compared: no provider's answer told the time. See that it is synchronised (timedatectl, chronyc "
                    + "tracking)."
            )
        }
        guard lead != 0 else {
            return .ok(Self.subject, "it agrees with that of the providers to \(Int(ClockReading.tolerance)) s")
        }
        return .warning(
            Self.subject,
            "it is \(abs(lead)) s \(lead > 0 ? "ahead of" : "behind") that of the providers. Stream tokens live for 120 s "
                + "and calling hours are kept by it: synchronise it (timedatectl set-ntp true, or chrony)."
        )
    }

    /// Asks for the head of the first page, without a key; whatever the status, the answer has a date.
    private func reading(of server: String, _ client: HTTPClient) async -> ClockReading? {
        var request = HTTPClientRequest(url: server + "/")
        request.method = .HEAD
        let asked = Date()
        guard let response = try? await client.execute(request, timeout: TimeAmount(self.timeout)) else {
            // That it cannot be reached is told by its own check.
            return nil
        }
        let answered = Date()
        // An answer out of a cache has the date of its making.
        guard response.headers.first(name: "age") == nil, let text = response.headers.first(name: "date"),
            let told = HTTPDate.date(text)
        else { return nil }
        return ClockReading(asked: asked, answered: answered, told: told)
    }
}
