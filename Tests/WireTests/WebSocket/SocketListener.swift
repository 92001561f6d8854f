import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Wire

/// A server on 127.0.0.1 whose connections are ``WebSocketHandler``s with probes.
struct SocketListener: Sendable {
    /// One accepted connection.
    struct Connection: Sendable {
        let channel: any Channel
        let handler: NIOLoopBound<WebSocketHandler>
        let events: SocketProbe.Events

        /// Runs `body` with the handler on its loop.
        func onLoop<Value: Sendable>(_ body: @escaping @Sendable (WebSocketHandler) -> Value) async throws -> Value {
            try await self.channel.eventLoop.submit { body(self.handler.value) }.get()
        }
    }

    struct Options: Sendable {
        var role = WebSocketRole.server
        /// Frames may go past the channel; not with TLS.
        var isPlain = true
        var limit = 1 << 20
        var isEcho = false
        var maxBufferedByteCount = WebSocketHandler.defaultMaxBufferedByteCount
        var closeTimeout = WebSocketHandler.defaultCloseTimeout
        var allowsHalfClosure = false
        var onText: (@Sendable (WebSocketHandler, String) -> Void)?
        var onClosed: (@Sendable () -> Void)?
    }

    let channel: any Channel
    let port: Int
    private let connections: AsyncStream<Connection>

    /// Runs `body` with a listener whose connections speak WebSocket from the first byte, without any HTTP.
    static func bare<Value>(
        _ options: Options = Options(),
        _ body: (SocketListener) async throws -> Value
    ) async throws -> Value {
        try await Self.run(
            options,
            { channel, connection in try channel.pipeline.syncOperations.addHandler(Starter(connection)) },
            body
        )
    }

    /// Sets the WebSocket up once the connection is there, as an upgrade would.
    private final class Starter: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Never

        private let start: (any Channel) throws -> Void

        init(_ start: @escaping (any Channel) throws -> Void) { self.start = start }

        func channelActive(context: ChannelHandlerContext) {
            do { try self.start(context.channel) } catch { context.close(promise: nil) }
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
        }
    }

    /// Runs `body` with a listener that does the HTTP upgrade first.
    ///
    /// With `tls` it speaks wss; `requests` is handed each upgrade request.
    static func upgrading<Value>(
        _ options: Options = Options(),
        tls: NIOSSLContext? = nil,
        requests: (@Sendable (HTTPRequestHead) -> Void)? = nil,
        _ body: (SocketListener) async throws -> Value
    ) async throws -> Value {
        let initialize: @Sendable (any Channel, @escaping @Sendable (any Channel) throws -> Void) throws -> Void = {
            channel,
            connection in
            if let tls { try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls)) }
            let upgrader = WebSocketServerUpgrader<Void>(
                headers: { _, head in
                    requests?(head)
                    return ["X-Probe": "yes", "Sec-WebSocket-Extensions": "permessage-deflate"]
                },
                install: { channel, _ in channel.eventLoop.makeCompletedFuture { try connection(channel) } }
            )
            _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                configuration: NIOUpgradableHTTPServerPipelineConfiguration(
                    upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                        upgraders: [upgrader],
                        notUpgradingCompletionHandler: { $0.close() }
                    )
                )
            )
        }
        var options = options
        if tls != nil { options.isPlain = false }
        return try await Self.run(options, initialize, body)
    }

    private static func run<Value>(
        _ options: Options,
        _ initialize:
            @escaping @Sendable (any Channel, @escaping @Sendable (any Channel) throws -> Void) throws -> Void,
        _ body: (SocketListener) async throws -> Value
    ) async throws -> Value {
        let (stream, continuation) = AsyncStream<Connection>.makeStream(bufferingPolicy: .bufferingOldest(1_000))
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: options.allowsHalfClosure)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try initialize(channel) { channel in
                        let events = SocketProbe.Events()
                        let handler = WebSocketHandler(
                            role: options.role,
                            isPlain: options.isPlain,
                            maxMessageByteCount: options.limit,
                            maxBufferedByteCount: options.maxBufferedByteCount,
                            closeTimeout: options.closeTimeout,
                            delegate: SocketProbe(
                                events,
                                isEcho: options.isEcho,
                                onText: options.onText,
                                onClosed: options.onClosed
                            )
                        )
                        try channel.pipeline.syncOperations.addHandler(handler)
                        let bound = NIOLoopBound(handler, eventLoop: channel.eventLoop)
                        continuation.yield(Connection(channel: channel, handler: bound, events: events))
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let listener = SocketListener(channel: channel, port: channel.localAddress?.port ?? 0, connections: stream)
        do {
            let value = try await body(listener)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    /// The next connection that was accepted.
    func next() async throws -> Connection {
        var iterator = self.connections.makeAsyncIterator()
        guard let connection = await iterator.next() else { throw CancellationError() }
        return connection
    }
}
