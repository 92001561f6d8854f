import NIOCore
import NIOHTTP1
import NIOSSL

/// What one attempt to open a WebSocket needs once its TCP connection is there.
struct WebSocketAttempt: Sendable {
    var address: WebSocketURL
    var request: HTTPRequestHead
    /// nil for `ws://`.
    var tls: NIOSSLContext?
    var maxMessageByteCount: Int
    /// That of the task which makes the attempt.
    var cancellation: WebSocketCancellation
    var makeDelegate: @Sendable () -> any WebSocketDelegate

    /// Sets up TLS and the upgrade on a connection that is about to be made; runs on its loop.
    func start(on channel: any Channel) -> EventLoopFuture<WebSocketOpening> {
        channel.eventLoop.makeCompletedFuture {
            guard self.cancellation.add(channel) else { throw CancellationError() }
            let pipeline = channel.pipeline.syncOperations
            if let tls = self.tls {
                // An address cannot be named in SNI; the certificate is then checked against the address itself.
                let isAddress = (try? SocketAddress(ipAddress: self.address.host, port: 0)) != nil
                let name = isAddress ? nil : self.address.host
                try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: name))
            }
            let promise = channel.eventLoop.makePromise(of: NIOLoopBound<WebSocketHandler>.self)
            do {
                try self.addUpgrade(to: channel, promise)
            } catch {
                promise.fail(error)
                throw error
            }
            return WebSocketOpening(channel: channel, promise: promise)
        }
    }

    private func addUpgrade(to channel: any Channel, _ promise: EventLoopPromise<NIOLoopBound<WebSocketHandler>>) throws
    {
        let pipeline = channel.pipeline.syncOperations
        let gate = WebSocketAnswerGate()
        let encoder = HTTPRequestEncoder()
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
        let reader = WebSocketRefusalReader { status in
            promise.fail(WebSocketConnectError.refused(status: Int(status.code)))
            channel.close(promise: nil)
        }
        let upgrader = WebSocketClientUpgrader(
            offeredProtocols: self.request.headers[canonicalForm: "sec-websocket-protocol"],
            install: self.install
        )
        let upgrade = NIOTypedHTTPClientUpgradeHandler(
            httpHandlers: [encoder, decoder, reader],
            upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                upgradeRequestHead: self.request,
                upgraders: [upgrader],
                notUpgradingCompletionHandler: { channel in
                    channel.eventLoop.makeFailedFuture(NIOHTTPClientUpgradeError.upgraderDeniedUpgrade)
                }
            )
        )
        try pipeline.addHandler(gate)
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(reader)
        try pipeline.addHandler(upgrade)
        upgrade.upgradeResultFuture.cascade(to: promise)
        // One turn later the upgrade handler no longer buffers, so that what was held arrives in its order.
        let eventLoop = channel.eventLoop.assumeIsolated()
        upgrade.upgradeResultFuture.assumeIsolated().whenSuccess { _ in eventLoop.execute { gate.release() } }
    }

    private func install(on channel: any Channel) -> EventLoopFuture<NIOLoopBound<WebSocketHandler>> {
        channel.eventLoop.makeCompletedFuture {
            let handler = WebSocketHandler(
                role: .client,
                isPlain: self.tls == nil,
                maxMessageByteCount: self.maxMessageByteCount,
                delegate: self.makeDelegate()
            )
            try channel.pipeline.syncOperations.addHandler(handler)
            return NIOLoopBound(handler, eventLoop: channel.eventLoop)
        }
    }
}
