import NIOCore

/// A RFC 6455 endpoint on a channel whose HTTP upgrade is done: bytes in, whole messages out, one write per frame.
///
/// Lives on the event loop of its channel and is used on that loop only. Masks, unmasks, checks UTF-8, joins fragments,
/// answers pings (the latest one) and closing handshakes. The delegate is told the end once and let go then; until then
/// the handler holds it. It is never called from inside a call to the handler: what such a call brings about is reported
/// in a later turn of the loop.
///
/// On a plain socket frames that leave at once go past the channel's queue, straight into the kernel; whatever it does not
/// take waits in the channel, and everything else behind it.
///
/// Errors on the channel close it. A `ChannelShouldQuiesceEvent` does nothing: a live call ends when the call says so.
package final class WebSocketHandler: ChannelInboundHandler {
    package typealias InboundIn = ByteBuffer
    package typealias OutboundOut = ByteBuffer
    /// The end of the connection that we are.
    package typealias Role = WebSocketRole

    /// What may wait to be written, by default, before a peer that does not read is closed with 1008: 1 MiB.
    package static let defaultMaxBufferedByteCount = 1 << 20
    /// How long the closing handshake, and then the end of TCP, may take.
    package static let defaultCloseTimeout = TimeAmount.seconds(2)
    /// Written and not flushed: past this much the handler flushes by itself, so that TLS holds back no more.
    private static let maxUnflushedByteCount = 64 << 10

    /// Buffers for sockets to read into, to be set before the first read: a channel never gives a larger one back.
    ///
    /// A frame of sound is some 300 bytes: with the 2 KiB that sockets begin with, buffers would be the largest part of a
    /// call's memory after the sound itself.
    package static let readBuffers = AdaptiveRecvByteBufferAllocator(minimum: 512, initial: 512, maximum: 8192)

    /// The end that we are.
    package let role: WebSocketRole
    /// When bytes last came from the peer, pongs included; nil before the first ones.
    package private(set) var lastReadAt: ContinuousClock.Instant?

    private let isPlain: Bool
    private let maxBufferedByteCount: Int
    private let closeTimeout: TimeAmount
    private var parser: WebSocketFrameParser
    private var builder: WebSocketFrameBuilder
    private var closing: WebSocketClosing
    private var delegate: (any WebSocketDelegate)?
    private var context: ChannelHandlerContext?
    /// As the channel has told last, on its way out of a write too: asked for several times for each frame.
    private var channelIsWritable = true
    /// That of the channel; stays when the context goes.
    private var eventLoop: NIOIsolatedEventLoop?
    private var deadline: Scheduled<Void>?
    private var unflushedByteCount = 0
    private var passage: WebSocketPassage?
    private var unansweredPing: ByteBuffer?
    /// Calls from outside that are under way: the delegate is not called meanwhile.
    private var callDepth = 0
    private var owesWritability = false

    /// - Parameters:
    ///   - role: Server or client.
    ///   - isPlain: Nothing in the channel changes the bytes between us and the socket, as TLS would.
    ///   - maxMessageByteCount: Limit of a whole incoming message, fragments summed; above it the socket is closed with 1009.
    ///   - maxBufferedByteCount: What may wait to be written; a message beyond it closes the socket with 1008, "slow reader".
    ///   - closeTimeout: Bound on the peer's close frame, and on the end of TCP after it.
    ///   - delegate: Held until the socket is closed.
    package init(
        role: WebSocketRole,
        isPlain: Bool = false,
        maxMessageByteCount: Int,
        maxBufferedByteCount: Int = WebSocketHandler.defaultMaxBufferedByteCount,
        closeTimeout: TimeAmount = WebSocketHandler.defaultCloseTimeout,
        delegate: any WebSocketDelegate
    ) {
        self.role = role
        self.isPlain = isPlain
        self.maxBufferedByteCount = maxBufferedByteCount
        self.closeTimeout = closeTimeout
        self.parser = WebSocketFrameParser(role: role, maxMessageByteCount: maxMessageByteCount)
        self.builder = WebSocketFrameBuilder(role: role)
        self.closing = WebSocketClosing(role: role)
        self.delegate = delegate
    }

    // MARK: Use

    /// Messages can be sent and received: no side has closed.
    package var isOpen: Bool { self.closing.isOpen && self.context != nil }

    /// Open, and the peer reads fast enough: at most 64 KiB wait to be written.
    package var isWritable: Bool { self.closing.isOpen && self.channelIsWritable && self.context != nil }

    /// Bytes that wait to be written; 0 on a closed socket.
    package var bufferedByteCount: Int {
        guard let channel = self.context?.channel else { return 0 }
        return channel.bufferedByteCount + (self.passage?.waitingByteCount ?? 0)
    }

    /// Builds one frame around what `write` appends and queues it; nothing happens on a closed socket.
    ///
    /// While the peer reads too slowly (``isWritable`` is false), a frame that would leave more than the bound waiting
    /// closes the socket with 1008 instead: control messages are never dropped silently. Audio is to be dropped before.
    ///
    /// - Parameters:
    ///   - byteCount: Expected length of the payload in bytes.
    ///   - write: Appends the payload, UTF-8, and leaves the rest of the buffer alone.
    package func send(byteCount: Int, _ write: (inout ByteBuffer) -> Void) {
        guard self.closing.isOpen, let context = self.context else { return }
        self.callDepth += 1
        defer { self.callDepth -= 1 }
        if self.mayPass(context) {
            let added = self.passage?.append { self.builder.append(.text, byteCount: byteCount, to: &$0, write) }
            self.flushIfMuch(added ?? 0)
            return
        }
        let frame = self.builder.frame(.text, byteCount: byteCount, write)
        if !self.channelIsWritable, self.bufferedByteCount + frame.readableBytes > self.maxBufferedByteCount {
            self.handle(.breach(.slowReader))
            return
        }
        self.write(frame, context)
    }

    /// Writes out what was queued; does nothing where nothing was.
    package func flush() {
        guard self.unflushedByteCount > 0 else { return }
        self.callDepth += 1
        defer { self.callDepth -= 1 }
        self.flushNow()
    }

    /// Sends a ping and flushes, to keep the path alive and see whether the peer still answers (``lastReadAt``).
    ///
    /// Left out while the peer reads too slowly.
    package func ping() {
        guard self.isWritable, let context = self.context else { return }
        self.callDepth += 1
        defer { self.callDepth -= 1 }
        self.write(self.builder.frame(.ping, ByteBuffer()), context)
        self.flushNow()
    }

    /// Sends a close frame, waits at most 2 s for the peer's and closes TCP; the delegate hears of the end.
    ///
    /// Nothing is sent or delivered afterwards. A second call does nothing.
    ///
    /// - Parameters:
    ///   - code: One that may travel (``WebSocketCloseCode/isSendable(_:)``); any other leaves the frame empty.
    ///   - reason: UTF-8, cut at 123 bytes.
    package func close(code: UInt16, reason: String) {
        guard self.closing.isOpen, self.context != nil else { return }
        self.callDepth += 1
        defer { self.callDepth -= 1 }
        self.handle(.close(code: code, reason: reason))
    }

    // MARK: Channel

    package func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.channelIsWritable = context.channel.isWritable
        self.eventLoop = context.eventLoop.assumeIsolated()
        let scratch = LoopScratch.of(context.eventLoop)
        self.parser.scratch = scratch
        self.builder.scratch = scratch
        Self.dropIdleReadBuffers(of: context.channel)
        if self.isPlain { self.passage = WebSocketPassage(context.channel, scratch: scratch) }
        if context.channel.isActive { return }
        // Where the connection broke during the upgrade nobody may tell us any more.
        context.channel.closeFuture.assumeIsolated().whenComplete { _ in self.handle(.ended(reason: "")) }
    }

    /// Leaves the channel one read buffer: during the upgrade it has come to keep several, at a kilobyte each, and it never
    /// lets go of one by itself.
    private static func dropIdleReadBuffers(of channel: any Channel) {
        guard let options = channel.syncOptions else { return }
        // Kept are as many as there may be reads in a row. An embedded channel has no such option, and no buffers.
        guard let count = try? options.getOption(.maxMessagesPerRead), count > 1 else { return }
        // Cannot fail where it could be read.
        try? options.setOption(.maxMessagesPerRead, value: 1)
        try? options.setOption(.maxMessagesPerRead, value: count)
    }

    package func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        self.passage = nil
        self.handle(.ended(reason: ""))
        self.stopDeadline()
    }

    package func channelInactive(context: ChannelHandlerContext) {
        self.handle(.ended(reason: ""))
        context.fireChannelInactive()
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        self.handle(.ended(reason: String(describing: error)))
    }

    package func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case ChannelEvent.inputClosed: self.handle(.ended(reason: ""))
        case is ChannelShouldQuiesceEvent: break
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After the end bytes are read only to get them out of the kernel.
        guard self.closing.isReading else { return }
        let readAt = ContinuousClock.now
        self.lastReadAt = readAt
        self.parser.append(Self.unwrapInboundIn(data))
        while self.closing.isReading, let event = self.parser.next() {
            switch event {
            case .text(let text):
                guard self.closing.isOpen else { continue }
                self.answerPing()
                self.delegate?.webSocket(self, received: text, readAt: readAt)
            case .binary(let byteCount):
                guard self.closing.isOpen else { continue }
                self.answerPing()
                self.delegate?.webSocketReceivedBinary(self, byteCount: byteCount)
            case .ping(let payload): self.unansweredPing = payload
            case .pong: break
            case .close(let code, let reason):
                self.answerPing()
                self.handle(.peerClosed(code: code, reason: reason))
            case .breach(let breach): self.handle(.breach(breach))
            }
        }
        self.parser.letGoOfRead()
    }

    package func channelReadComplete(context: ChannelHandlerContext) {
        self.delegate?.webSocketReadComplete(self)
        self.answerPing()
        context.fireChannelReadComplete()
    }

    package func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.channelIsWritable = context.channel.isWritable
        if self.callDepth == 0 {
            self.reportWritability()
            if self.channelIsWritable { self.answerPing() }
        } else if !self.owesWritability {
            self.owesWritability = true
            self.eventLoop?.execute { self.reportWritability() }
        }
        context.fireChannelWritabilityChanged()
    }

    private func reportWritability() {
        self.owesWritability = false
        guard self.closing.isOpen, self.context != nil else { return }
        self.delegate?.webSocketWritabilityChanged(self, isWritable: self.channelIsWritable)
    }

    // MARK: Writing

    private func write(_ frame: ByteBuffer, _ context: ChannelHandlerContext) {
        if self.mayPass(context) {
            _ = self.passage?.append { $0.writeImmutableBuffer(frame) }
        } else {
            context.write(Self.wrapOutboundOut(frame), promise: nil)
        }
        self.flushIfMuch(frame.readableBytes)
    }

    /// The next frame may go past the channel.
    private func mayPass(_ context: ChannelHandlerContext) -> Bool {
        guard let isOpen = self.passage?.isOpen else { return false }
        return isOpen || self.passage?.open(past: context.channel) == true
    }

    private func flushIfMuch(_ byteCount: Int) {
        self.unflushedByteCount += byteCount
        if self.unflushedByteCount > Self.maxUnflushedByteCount { self.flushNow() }
    }

    private func flushNow() {
        self.unflushedByteCount = 0
        if let rest = self.passage?.send() {
            self.context?.write(Self.wrapOutboundOut(rest), promise: nil)
        }
        // The way past the channel is open only while the channel has nothing.
        if self.passage?.isOpen != true { self.context?.flush() }
    }

    /// Answers the latest ping, once the peer reads; others right before it need no answer (RFC 6455 §5.5.3).
    private func answerPing() {
        guard let payload = self.unansweredPing, self.isWritable, let context = self.context else { return }
        self.unansweredPing = nil
        self.write(self.builder.frame(.pong, payload), context)
        self.flushNow()
    }

    // MARK: Closing

    private func handle(_ event: WebSocketClosing.Event) {
        for action in self.closing.handle(event) {
            switch action {
            case .sendClose(let code, let reason):
                guard let context = self.context else { break }
                self.write(self.builder.closeFrame(code: code, reason: reason), context)
                self.flushNow()
            case .shutDownOutput: self.shutDownOutput()
            case .startDeadline: self.startDeadline()
            case .closeNow:
                self.stopDeadline()
                self.context?.close(promise: nil)
            case .report(let close): self.report(close)
            }
        }
    }

    /// Ends our half of TCP once everything is written; where that cannot be, all of it.
    private func shutDownOutput() {
        guard let context = self.context else { return }
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenFailure { _ in self.handle(.ended(reason: "")) }
        context.close(mode: .output, promise: promise)
    }

    private func startDeadline() {
        // Sending the close frame may have shown that the connection is gone.
        guard self.closing.phase != .over, let eventLoop = self.eventLoop else { return }
        self.deadline = eventLoop.scheduleTask(in: self.closeTimeout) {
            self.deadline = nil
            self.handle(.deadline)
        }
    }

    private func stopDeadline() {
        self.deadline?.cancel()
        self.deadline = nil
    }

    /// Tells the delegate, at once or, inside a call from it, in the next turn of the loop.
    private func report(_ close: WebSocketClose) {
        guard let delegate = self.delegate else { return }
        self.delegate = nil
        if self.callDepth > 0, let eventLoop = self.eventLoop {
            eventLoop.execute { delegate.webSocketClosed(self, close) }
        } else {
            delegate.webSocketClosed(self, close)
        }
    }
}
