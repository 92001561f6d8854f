import NIOCore
import NIOHTTP1

/// Stands between the HTTP decoder and NIO's upgrade handler and takes an answer that does not upgrade.
final class WebSocketRefusalReader: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart

    private var refuse: ((HTTPResponseStatus) -> Void)?
    private var isRefused = false

    /// - Parameter refuse: Called once with the status of an answer that is no 101; has to close the channel.
    init(refuse: @escaping (HTTPResponseStatus) -> Void) { self.refuse = refuse }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = Self.unwrapInboundIn(data), head.status != .switchingProtocols {
            self.isRefused = true
            self.refuse.take()?(head.status)
        }
        if !self.isRefused { context.fireChannelRead(data) }
    }

    func handlerRemoved(context: ChannelHandlerContext) { self.refuse = nil }
}
