import NIOCore
import NIOWebSocket

/// The WebSocket behaviour that every stand-in shares: pings are answered, close frames too, and the peer's masking is
/// checked (RFC 6455 §5.1: a client must mask, a server must not).
final class SocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let side: StandInSocket.Side
    private let receive: @Sendable (SocketEvent) -> Void
    private var close: SocketClose?
    /// The fragments of a message that is not complete, and what it is to be.
    private var partial: (opcode: WebSocketOpcode, payload: ByteBuffer)?
    private var isClosed = false

    init(side: StandInSocket.Side, receive: @escaping @Sendable (SocketEvent) -> Void) {
        self.side = side
        self.receive = receive
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = Self.unwrapInboundIn(data)
        guard self.close == nil else { return }
        let isMasked = frame.maskKey != nil
        guard isMasked == (self.side == .server) || frame.data.readableBytes == 0 else {
            self.refuse(context: context, "the peer's frames are \(isMasked ? "masked" : "not masked")")
            return
        }
        switch frame.opcode {
        case .text, .binary:
            guard frame.fin else {
                self.partial = (frame.opcode, frame.unmaskedData)
                return
            }
            self.deliver(context: context, frame.opcode, frame.unmaskedData)
        case .continuation:
            guard var partial = self.partial else {
                self.refuse(context: context, "a continuation without a beginning")
                return
            }
            partial.payload.writeImmutableBuffer(frame.unmaskedData)
            self.partial = frame.fin ? nil : partial
            if frame.fin { self.deliver(context: context, partial.opcode, partial.payload) }
        case .ping: self.write(context: context, .pong, frame.unmaskedData, promise: nil)
        case .connectionClose: self.peerClosed(context: context, frame.unmaskedData)
        default: break
        }
    }

    private func deliver(context: ChannelHandlerContext, _ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        guard opcode == .text else {
            self.receive(.binary(byteCount: payload.readableBytes))
            return
        }
        let text = payload.withUnsafeReadableBytes { bytes in
            String(validating: bytes.assumingMemoryBound(to: UInt8.self), as: UTF8.self)
        }
        guard text != nil else {
            self.refuse(context: context, "a text message is not UTF-8")
            return
        }
        self.receive(.text(payload))
    }

    func channelInactive(context: ChannelHandlerContext) {
        self.finish()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.finish()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if self.close == nil {
            self.close = SocketClose(code: nil, reason: "", byPeer: true, violation: "\(error)")
        }
        context.close(promise: nil)
    }

    private func peerClosed(context: ChannelHandlerContext, _ payload: ByteBuffer) {
        var payload = payload
        let code = payload.readInteger(as: UInt16.self)
        let reason = payload.readString(length: payload.readableBytes) ?? ""
        self.close = SocketClose(code: code, reason: reason, byPeer: true)
        var answer = ByteBuffer()
        if let code { answer.writeInteger(code) }
        let promise = context.eventLoop.makePromise(of: Void.self)
        let channel = context.channel
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        self.write(context: context, .connectionClose, answer, promise: promise)
    }

    /// Closes with 1002, protocol error.
    private func refuse(context: ChannelHandlerContext, _ violation: String) {
        self.close = SocketClose(code: nil, reason: "", byPeer: false, violation: violation)
        var payload = ByteBuffer()
        payload.writeInteger(UInt16(1002))
        let channel = context.channel
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { _ in channel.close(promise: nil) }
        self.write(context: context, .connectionClose, payload, promise: promise)
    }

    private func write(
        context: ChannelHandlerContext,
        _ opcode: WebSocketOpcode,
        _ payload: ByteBuffer,
        promise: EventLoopPromise<Void>?
    ) {
        let maskKey: WebSocketMaskingKey? = self.side == .client ? .random() : nil
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: maskKey, data: payload)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: promise)
    }

    private func finish() {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.receive(.closed(self.close ?? SocketClose(code: nil, reason: "", byPeer: true)))
    }
}
