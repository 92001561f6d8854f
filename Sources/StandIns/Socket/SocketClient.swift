import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// Opens WebSockets as the carrier does.
package enum SocketClient {
    /// How an upgrade request was answered.
    package enum Answer: Sendable {
        case opened(StandInSocket)
        case refused(HTTPResponseStatus)
    }

    /// Connects to 127.0.0.1 and asks for an upgrade of `path`, which may hold a query.
    ///
    /// `authority` is the `Host` header: where the carrier believes it connects to. `receive` is called on the
    /// connection's loop for everything that happens, in order. Throws where there is no answer within 10 s.
    package static func connect(
        port: Int,
        authority: String,
        path: String,
        headers: [(name: String, value: String)],
        on eventLoop: any EventLoop,
        receive: @escaping @Sendable (SocketEvent) -> Void
    ) async throws -> Answer {
        let status = eventLoop.makePromise(of: HTTPResponseStatus.self)
        var fields = HTTPHeaders([("Host", authority), ("Content-Length", "0")])
        for header in headers { fields.add(name: header.name, value: header.value) }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path, headers: fields)
        let socket: StandInSocket?
        do {
            let negotiation = try await ClientBootstrap(group: eventLoop)
                .connectTimeout(.seconds(2))
                .connect(host: "127.0.0.1", port: port) { channel in
                    channel.eventLoop.makeCompletedFuture { try Self.configure(channel, head, status, receive) }
                }
            socket = try await negotiation.get()
        } catch {
            status.fail(error)
            throw error
        }
        if let socket {
            status.succeed(.switchingProtocols)
            return .opened(socket)
        }
        return .refused(try await status.futureResult.get())
    }

    private static func configure(
        _ channel: any Channel,
        _ head: HTTPRequestHead,
        _ status: EventLoopPromise<HTTPResponseStatus>,
        _ receive: @escaping @Sendable (SocketEvent) -> Void
    ) throws -> EventLoopFuture<StandInSocket?> {
        let upgrader = NIOTypedWebSocketClientUpgrader<StandInSocket?>(
            maxFrameSize: 16 << 20,
            enableAutomaticErrorHandling: false,
            upgradePipelineHandler: { channel, _ in
                channel.eventLoop.makeCompletedFuture {
                    try StandInSocket.install(on: channel, side: .client, receive: receive)
                }
            }
        )
        // A server that does not answer the handshake within 10 s never will.
        let deadline = channel.eventLoop.scheduleTask(in: .seconds(10)) { channel.close(promise: nil) }
        var configuration = NIOUpgradableHTTPClientPipelineConfiguration(
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: head,
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(RefusalHandler(status))
                        return nil
                    }
                }
            )
        )
        // A server may send its first frame together with the answer to the handshake.
        configuration.leftOverBytesStrategy = .forwardBytes
        let result = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
            configuration: configuration
        )
        result.whenComplete { _ in deadline.cancel() }
        return result
    }
}

/// Reads the status of an answer that is no upgrade, and closes.
private final class RefusalHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart

    private let status: EventLoopPromise<HTTPResponseStatus>

    init(_ status: EventLoopPromise<HTTPResponseStatus>) {
        self.status = status
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.status.succeed(head.status)
        case .body: break
        case .end: context.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.status.fail(ChannelError.eof)
        context.fireChannelInactive()
    }
}
