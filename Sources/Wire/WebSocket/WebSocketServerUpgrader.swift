import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Answers a WebSocket handshake on NIO's typed HTTP upgrade pipeline and leaves the upgraded channel bare.
///
/// The handshake (key, version 13, `Sec-WebSocket-Accept`) is NIO's; its frame codec is not installed. No extension is
/// ever accepted. Whoever sets up the pipeline answers bad or unwanted upgrades before they get here: NIO loses the
/// request head of an upgrade that its upgrader declines, so that nothing can answer it afterwards.
package struct WebSocketServerUpgrader<UpgradeResult: Sendable>: NIOTypedHTTPServerProtocolUpgrader {
    private let base: NIOTypedWebSocketServerUpgrader<UpgradeResult>
    private let install: @Sendable (any Channel, HTTPRequestHead) -> EventLoopFuture<UpgradeResult>

    /// - Parameters:
    ///   - headers: More headers for the 101 answer; nil declines the upgrade.
    ///   - install: Adds a ``WebSocketHandler`` (role server) to the channel, on its loop; bytes that came along with the
    ///     request are delivered once its future has succeeded.
    package init(
        headers: @escaping @Sendable (any Channel, HTTPRequestHead) -> HTTPHeaders? = { _, _ in HTTPHeaders() },
        install: @escaping @Sendable (any Channel, HTTPRequestHead) -> EventLoopFuture<UpgradeResult>
    ) {
        self.install = install
        self.base = NIOTypedWebSocketServerUpgrader(
            shouldUpgrade: { channel, head in
                var extra = headers(channel, head)
                extra?.remove(name: "Sec-WebSocket-Extensions")
                return channel.eventLoop.makeSucceededFuture(extra)
            },
            upgradePipelineHandler: install
        )
    }

    package var supportedProtocol: String { self.base.supportedProtocol }

    package var requiredUpgradeHeaders: [String] { self.base.requiredUpgradeHeaders }

    package func buildUpgradeResponse(
        channel: any Channel,
        upgradeRequest: HTTPRequestHead,
        initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        self.base.buildUpgradeResponse(
            channel: channel,
            upgradeRequest: upgradeRequest,
            initialResponseHeaders: initialResponseHeaders
        )
    }

    package func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<UpgradeResult> {
        self.install(channel, upgradeRequest)
    }
}
