import NIOCore
import NIOHTTP1
import NIOPosix

/// A voice model on loopback that speaks OpenAI's Realtime API (GA) over WebSocket.
///
/// It hears by energy and by the stamps in the caller's audio, thinks by a script, speaks recorded lines, and remembers
/// everything that clients do.
package final class StandInModel: Sendable {
    /// The connections so far, open and closed, in order.
    package let connections: Record<[ModelConnection]>
    /// Upgrades that were refused: by status, or for a wrong key (401).
    package let refusedStatuses: Record<[Int]>
    private let server: LoopbackServer

    private init(
        server: LoopbackServer,
        connections: Record<[ModelConnection]>,
        refusedStatuses: Record<[Int]>
    ) {
        self.server = server
        self.connections = connections
        self.refusedStatuses = refusedStatuses
    }

    /// Starts the stand-in on a free port of 127.0.0.1.
    package static func start(
        settings: ModelSettings = ModelSettings(),
        script: ModelScript,
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) async throws -> StandInModel {
        let connections = Record<[ModelConnection]>([])
        let refusedStatuses = Record<[Int]>([])
        let refusals = Record(settings.faults.refusals)
        let shared = ModelShared()
        let decide: @Sendable (HTTPRequestHead) -> Int? = { head in
            guard head.headers.first(name: "Authorization") == "Bearer \(settings.apiKey)" else { return 401 }
            guard head.uri.split(separator: "?").first == "/v1/realtime" else { return 404 }
            guard ModelShared.model(of: head.uri)?.isEmpty == false else { return 400 }
            return nil
        }
        let behaviour = LoopbackServer.Behaviour(
            upgrade: { head in
                let scripted = refusals.update { $0.isEmpty ? nil : $0.removeFirst() }
                guard let status = scripted ?? decide(head) else { return .accept }
                refusedStatuses.update { $0.append(status) }
                return .refuse(Self.refusal(status))
            },
            opened: { channel, head in
                let connection = connections.update { all in
                    let connection = ModelConnection(
                        index: all.count,
                        head: head,
                        eventLoop: channel.eventLoop,
                        settings: settings,
                        script: script,
                        shared: shared
                    )
                    all.append(connection)
                    return connection
                }
                let socket = try StandInSocket.install(on: channel, side: .server) { event in
                    connection.assumeIsolated { $0.handle(event) }
                }
                let isBeta = head.headers.first(name: "OpenAI-Beta") != nil
                connection.assumeIsolated { $0.open(on: socket, isBeta: isBeta) }
            },
            respond: { _ in .json(["error": ["message": "Expected a WebSocket upgrade."]], status: .upgradeRequired) }
        )
        let server = try await LoopbackServer.start(group: group, behaviour: behaviour)
        return StandInModel(server: server, connections: connections, refusedStatuses: refusedStatuses)
    }

    /// What goes into `OPENAI_REALTIME_URL`.
    package var url: String { "ws://127.0.0.1:\(self.server.port)/v1/realtime" }

    /// Drops every connection and closes the port.
    package func stop() async {
        await self.server.stop()
    }

    private static func refusal(_ status: Int) -> LoopbackResponse {
        let code = status == 401 ? "invalid_api_key" : status == 429 ? "rate_limit_exceeded" : "server_error"
        return .json(
            ["error": ["type": "invalid_request_error", "code": .string(code), "message": "Refused by the stand-in."]],
            status: HTTPResponseStatus(statusCode: status)
        )
    }
}
