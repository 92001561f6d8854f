import NIOCore

/// Stands before the HTTP decoder of a client's upgrade and keeps what comes behind the 101 answer for the WebSocket.
///
/// A server may send messages, a close frame and the end of TCP right behind its answer, in one read. NIO's decoder leaves
/// the pipeline a turn of the loop later and drops what it holds where TCP has ended by then. So bytes, end and error are
/// held here until the WebSocket's handler is in place. Needs a channel that allows remote half-closure: else the end
/// of TCP tears the pipeline down at once.
final class WebSocketAnswerGate: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private enum State {
        /// In the head of an answer: its first bytes, and how much of the empty line behind it was seen.
        case head(start: [UInt8], matched: Int)
        case holding(ByteBuffer, end: End?)
        case passing
    }

    private enum End {
        case inputClosed
        case error(any Error)
    }

    private static let emptyLine: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]
    /// As far as the status in `HTTP/1.1 101`.
    private static let startByteCount = 12

    private var state = State.head(start: [], matched: 0)
    private var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = Self.unwrapInboundIn(data)
        switch self.state {
        case .passing: context.fireChannelRead(data)
        case .holding(var held, let end):
            held.writeBuffer(&bytes)
            self.state = .holding(held, end: end)
        case .head(let start, let matched):
            guard let count = self.scan(bytes.readableBytesView, start, matched) else {
                context.fireChannelRead(data)
                return
            }
            let head = bytes.readSlice(length: count) ?? ByteBuffer()
            self.state = .holding(bytes, end: nil)
            context.fireChannelRead(Self.wrapInboundOut(head))
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        if case .holding(let held, let end) = self.state {
            self.state = .holding(held, end: end ?? .inputClosed)
        } else {
            // No answer can come any more.
            context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if case .holding(let held, let end) = self.state {
            self.state = .holding(held, end: end ?? .error(error))
        } else {
            context.fireErrorCaught(error)
        }
    }

    /// Hands over what was held and leaves the pipeline; the WebSocket's handler has to be in place.
    func release() {
        guard let context = self.context, case .holding(let held, let end) = self.state else { return }
        self.state = .passing
        if held.readableBytes > 0 {
            context.fireChannelRead(Self.wrapInboundOut(held))
            context.fireChannelReadComplete()
        }
        switch end {
        case .inputClosed: context.fireUserInboundEventTriggered(ChannelEvent.inputClosed)
        case .error(let error): context.fireErrorCaught(error)
        case nil: break
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Looks for the end of the head of a 101 answer.
    ///
    /// Returns how many of `bytes` belong to it; nil where it does not end here, or the answer is another one.
    private func scan(_ bytes: ByteBufferView, _ start: [UInt8], _ matched: Int) -> Int? {
        var start = start
        var matched = matched
        for (index, byte) in bytes.enumerated() {
            if start.count < Self.startByteCount { start.append(byte) }
            matched = byte == Self.emptyLine[matched] ? matched + 1 : byte == Self.emptyLine[0] ? 1 : 0
            guard matched == Self.emptyLine.count else { continue }
            if start.suffix(4).elementsEqual(" 101".utf8) { return index + 1 }
            // Another answer of 1xx is followed by one more head, any other one is none of our business.
            guard start.suffix(4).starts(with: " 1".utf8) else {
                self.state = .passing
                return nil
            }
            start = []
            matched = 0
        }
        self.state = .head(start: start, matched: matched)
        return nil
    }
}
