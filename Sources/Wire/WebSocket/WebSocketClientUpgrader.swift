import NIOCore
import NIOHTTP1
import NIOWebSocket

/// Checks the answer to our WebSocket handshake on NIO's typed HTTP upgrade pipeline and leaves the upgraded channel bare.
struct WebSocketClientUpgrader<UpgradeResult: Sendable>: NIOTypedHTTPClientProtocolUpgrader {
    private let base: NIOTypedWebSocketClientUpgrader<UpgradeResult>
    private let offeredProtocols: [Substring]
    private let install: @Sendable (any Channel) -> EventLoopFuture<UpgradeResult>

    /// - Parameters:
    ///   - offeredProtocols: The subprotocols in our request.
    ///   - install: Adds the handlers of the upgraded channel, on its loop.
    init(
        offeredProtocols: [Substring],
        install: @escaping @Sendable (any Channel) -> EventLoopFuture<UpgradeResult>
    ) {
        self.offeredProtocols = offeredProtocols
        self.install = install
        self.base = NIOTypedWebSocketClientUpgrader(upgradePipelineHandler: { channel, _ in install(channel) })
    }

    var supportedProtocol: String { self.base.supportedProtocol }

    var requiredUpgradeHeaders: [String] { self.base.requiredUpgradeHeaders }

    func addCustom(upgradeRequestHeaders: inout HTTPHeaders) {
        self.base.addCustom(upgradeRequestHeaders: &upgradeRequestHeaders)
    }

    /// The accept value is right, and the server takes no extension or subprotocol that we did not offer (RFC 6455 §4.1).
    func shouldAllowUpgrade(upgradeResponse: HTTPResponseHead) -> Bool {
        let headers = upgradeResponse.headers
        let connection = headers[canonicalForm: "connection"]
        guard connection.contains(where: { $0.lowercased() == "upgrade" }),
            headers[canonicalForm: "sec-websocket-extensions"].allSatisfy({ $0.isEmpty }),
            headers[canonicalForm: "sec-websocket-protocol"].allSatisfy({ self.offeredProtocols.contains($0) })
        else { return false }
        return self.base.shouldAllowUpgrade(upgradeResponse: upgradeResponse)
    }

    func upgrade(channel: any Channel, upgradeResponse: HTTPResponseHead) -> EventLoopFuture<UpgradeResult> {
        self.install(channel)
    }
}
