import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// An HTTP/1.1 and WebSocket server on a free port of 127.0.0.1.
package struct LoopbackServer: Sendable {
    package enum Upgrade: Sendable {
        case accept
        /// Answered as plain HTTP, without upgrading.
        case refuse(LoopbackResponse)
    }

    /// What a server does with its visitors.
    ///
    /// All closures are called on the loop of the connection.
    package struct Behaviour: Sendable {
        /// Decides about an upgrade request.
        package var upgrade: @Sendable (HTTPRequestHead) -> Upgrade
        /// Takes over a channel that has just been upgraded.
        package var opened: @Sendable (any Channel, HTTPRequestHead) throws -> Void
        /// Answers a plain request.
        package var respond: @Sendable (LoopbackRequest) -> LoopbackResponse

        package init(
            upgrade: @escaping @Sendable (HTTPRequestHead) -> Upgrade = { _ in
                .refuse(LoopbackResponse(status: .notFound))
            },
            opened: @escaping @Sendable (any Channel, HTTPRequestHead) throws -> Void = { _, _ in },
            respond: @escaping @Sendable (LoopbackRequest) -> LoopbackResponse
        ) {
            self.upgrade = upgrade
            self.opened = opened
            self.respond = respond
        }
    }

    private let channel: any Channel
    private let children: Record<[ObjectIdentifier: any Channel]>

    /// The port that the kernel chose.
    package let port: Int

    /// Binds a free port and serves from then on.
    package static func start(
        group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton,
        behaviour: Behaviour
    ) async throws -> LoopbackServer {
        let children = Record<[ObjectIdentifier: any Channel]>([:])
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelInitializer { channel in
                let id = ObjectIdentifier(channel)
                children.update { $0[id] = channel }
                channel.closeFuture.whenComplete { _ in children.update { $0[id] = nil } }
                return channel.eventLoop.makeCompletedFuture { try Self.configure(channel, behaviour) }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        guard let port = channel.localAddress?.port else { throw ChannelError.unknownLocalAddress }
        return LoopbackServer(channel: channel, children: children, port: port)
    }

    /// Closes the port and every connection that is still open.
    package func stop() async {
        // A channel that cannot be closed is closed already.
        try? await self.channel.close()
        for child in self.children.current.values { try? await child.close() }
    }

    private static func configure(_ channel: any Channel, _ behaviour: Behaviour) throws {
        // What the first request of this connection is told if it asks for an upgrade and must not have it.
        let refusal = Record<LoopbackResponse?>(nil)
        let upgrader = NIOTypedWebSocketServerUpgrader<Void>(
            maxFrameSize: 16 << 20,
            shouldUpgrade: { channel, head in
                switch behaviour.upgrade(head) {
                case .accept: return channel.eventLoop.makeSucceededFuture(HTTPHeaders())
                case .refuse(let response):
                    refusal.update { $0 = response }
                    return channel.eventLoop.makeSucceededFuture(nil)
                }
            },
            upgradePipelineHandler: { channel, head in
                channel.eventLoop.makeCompletedFuture { try behaviour.opened(channel, head) }
            }
        )
        let result = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
            configuration: .init(
                upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                    upgraders: [upgrader],
                    notUpgradingCompletionHandler: { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(LoopbackHTTPHandler(behaviour, refusal))
                        }
                    }
                )
            )
        )
        result.whenFailure { _ in channel.close(promise: nil) }
    }
}
