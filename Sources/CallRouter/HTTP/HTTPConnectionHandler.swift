import Hummingbird
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// One HTTP/1.1 connection: hands over whole requests, one at a time, and turns into a media stream on request.
///
/// Sits behind NIO's HTTP codec and pipelining handler. Any request of a connection may be an upgrade, not only its
/// first, since reverse proxies reuse their connections for upgrades. Confined to the channel's loop.
final class HTTPConnectionHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case reading(HTTPRequestHead, body: ByteBuffer)
        /// An accepted upgrade whose request is not complete yet.
        case upgrading(HTTPRequestHead, acceptKey: String)
        /// The request was handed over; its response is awaited or being written.
        case responding
        /// The last response is written and the output closed: whatever still comes is thrown away.
        case lingering
        case upgraded
        case closed
    }

    private let limits: HTTPLimits
    private let upgrades: UpgradeRules
    private let exchanges: AsyncStream<HTTPExchange>.Continuation
    private let codec: [any RemovableChannelHandler]
    private let admission: ConnectionAdmission
    private var state = State.idle
    private var context: ChannelHandlerContext?
    private var deadline: Scheduled<Void>?
    private var isInputClosed = false
    private var closesWithInput = false

    /// A handler for one connection; `codec` is the HTTP handlers to take out for an upgrade, the decoder last.
    init(
        limits: HTTPLimits,
        upgrades: UpgradeRules,
        exchanges: AsyncStream<HTTPExchange>.Continuation,
        codec: [any RemovableChannelHandler],
        admission: ConnectionAdmission
    ) {
        self.limits = limits
        self.upgrades = upgrades
        self.exchanges = exchanges
        self.codec = codec
        self.admission = admission
    }

    // MARK: - Events of the channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.admission.opened()
        self.expect(within: self.limits.requestTime)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.finish()
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // After an upgrade the decoder hands on the bytes that it has left; they belong to the stream behind us.
        if case .upgraded = self.state {
            context.fireChannelRead(data)
            return
        }
        switch Self.unwrapInboundIn(data) {
        case .head(let head): self.received(head, context: context)
        case .body(let part): self.received(part, context: context)
        case .end: self.receivedEnd(context: context)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case ChannelEvent.inputClosed = event else {
            context.fireUserInboundEventTriggered(event)
            return
        }
        self.isInputClosed = true
        switch self.state {
        case .responding where self.closesWithInput: context.close(promise: nil)
        case .responding, .closed: break
        case .upgraded: context.fireUserInboundEventTriggered(event)
        case .idle, .reading, .upgrading, .lingering: context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch self.state {
        case .upgraded: context.fireErrorCaught(error)
        case .idle where error is HTTPParserError, .reading where error is HTTPParserError:
            self.refuse(.badRequest, message: "This is not HTTP/1.1.", context: context)
        case .idle, .reading, .upgrading, .responding, .lingering: context.close(promise: nil)
        case .closed: break
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        let wasUpgraded = if case .upgraded = self.state { true } else { false }
        self.finish()
        if wasUpgraded { context.fireChannelInactive() }
    }

    // MARK: - Requests

    private func received(_ head: HTTPRequestHead, context: ChannelHandlerContext) {
        guard case .idle = self.state else { return }  // Already refused: what follows is thrown away.
        self.expect(within: self.limits.requestTime)
        switch self.upgrades.judge(head, remoteAddress: context.channel.remoteAddress) {
        case .ordinary:
            let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
            guard length <= self.limits.bodyByteCount else {
                self.refuseBody(of: head, context: context)
                return
            }
            self.state = .reading(head, body: ByteBuffer())
            if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
                let go = HTTPResponseHead(version: head.version, status: .continue)
                context.writeAndFlush(Self.wrapOutboundOut(.head(go)), promise: nil)
            }
        case .accept(let head, let acceptKey):
            self.state = .upgrading(head, acceptKey: acceptKey)
        case .reject(let status, let message):
            self.refuse(status, message: message, context: context)
        }
    }

    private func received(_ part: ByteBuffer, context: ChannelHandlerContext) {
        guard case .reading(let head, var body) = self.state else { return }
        self.state = .idle  // Lets go of the stored buffer, so that it grows in place.
        body.writeImmutableBuffer(part)
        guard body.readableBytes <= self.limits.bodyByteCount else {
            self.refuseBody(of: head, context: context)
            return
        }
        self.state = .reading(head, body: body)
    }

    private func receivedEnd(context: ChannelHandlerContext) {
        switch self.state {
        case .reading(let head, let body):
            guard let request = try? HTTPRequest(head, secure: false, splitCookie: false) else {
                self.refuse(.badRequest, message: "This is not HTTP/1.1.", context: context)
                return
            }
            // The decoder reads no further after a request that asks for any upgrade (RFC 9110 §7.8).
            let keepsAlive = head.isKeepAlive && !head.headers.contains(name: "upgrade")
            let exchange = HTTPExchange(
                request: Request(head: request, body: RequestBody(buffer: body)),
                keepsAlive: keepsAlive,
                isHTTP10: head.version == .http1_0
            )
            self.deadline?.cancel()
            self.state = .responding
            if case .terminated = self.exchanges.yield(exchange) { context.close(promise: nil) }
        case .upgrading(let head, let acceptKey): self.upgrade(head, acceptKey: acceptKey, context: context)
        case .idle, .responding, .lingering, .upgraded, .closed: break
        }
    }

    private func refuseBody(of head: HTTPRequestHead, context: ChannelHandlerContext) {
        let isAPI = self.upgrades.prefix.strip(head.uri).hasPrefix(APIRoutes.prefix + "/")
        self.refuse(
            .payloadTooLarge,
            message: "A request body may have at most \(self.limits.bodyByteCount) bytes.",
            code: isAPI ? "too_large" : nil,
            context: context
        )
    }

    // MARK: - Responses

    /// Writes a part of the response to the request handed over last; fails where nobody waits for it any more.
    func respond(head: HTTPResponseHead?, body: ByteBuffer?, isLast: Bool, keepsAlive: Bool) -> EventLoopFuture<Void>? {
        guard let context = self.context, case .responding = self.state else { return nil }
        if let head { context.write(Self.wrapOutboundOut(.head(head)), promise: nil) }
        if let body, body.readableBytes > 0 {
            context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        }
        self.expect(within: self.limits.writeTime)
        guard isLast else {
            // An empty body part completes when everything before it has been taken by the socket.
            return context.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(ByteBuffer()))))
        }
        if keepsAlive, !self.isInputClosed {
            // First the state: ending the response lets the next, already buffered request through.
            self.state = .idle
            self.expect(within: self.limits.idleTime)
            return context.writeAndFlush(Self.wrapOutboundOut(.end(nil)))
        }
        self.state = .lingering
        let written = context.writeAndFlush(Self.wrapOutboundOut(.end(nil)))
        self.linger(after: written, context: context)
        return written
    }

    /// Takes the end of the peer's output for its farewell while the present response is written.
    func watch() {
        guard case .responding = self.state else { return }
        self.closesWithInput = true
        if self.isInputClosed { self.context?.close(promise: nil) }
    }

    /// Closes the connection, unless it has become a media stream.
    func abandon() {
        switch self.state {
        case .upgraded, .closed: break
        case .idle, .reading, .upgrading, .responding, .lingering: self.context?.close(promise: nil)
        }
    }

    private func refuse(
        _ status: HTTPResponseStatus,
        message: String,
        code: String? = nil,
        context: ChannelHandlerContext
    ) {
        let response = PlainResponse(status: status, message: message, code: code)
        self.state = .lingering
        context.write(Self.wrapOutboundOut(.head(response.head)), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
        self.linger(after: context.writeAndFlush(Self.wrapOutboundOut(.end(nil))), context: context)
    }

    /// Closes in two steps: a socket closed with unread bytes in it would take the answer back (RFC 9112 §9.6).
    private func linger(after written: EventLoopFuture<Void>, context: ChannelHandlerContext) {
        self.expect(within: self.limits.lingerTime)
        written.assumeIsolated().whenComplete { _ in
            if self.isInputClosed { context.close(promise: nil) } else { context.close(mode: .output, promise: nil) }
        }
    }

    // MARK: - Upgrade

    private func upgrade(_ head: HTTPRequestHead, acceptKey: String, context: ChannelHandlerContext) {
        self.deadline?.cancel()
        self.state = .upgraded
        self.exchanges.finish()
        self.admission.closed()
        let headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": acceptKey,
        ]
        let switching = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(Self.wrapOutboundOut(.head(switching)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        do {
            // A WebSocket has its own closing handshake: the end of the peer's output is the end of the stream.
            try context.channel.syncOptions?.setOption(.allowRemoteHalfClosure, value: false)
            let pipeline = context.pipeline.syncOperations
            var removal = context.eventLoop.makeSucceededVoidFuture()
            for handler in self.codec.dropLast() { removal = pipeline.removeHandler(handler) }
            try self.upgrades.media.install(
                on: context.channel,
                head: head,
                remoteAddress: context.channel.remoteAddress
            )
            // Last the decoder: it hands on what came behind the request, through this handler to the stream's.
            if let decoder = self.codec.last { removal = pipeline.removeHandler(decoder) }
            removal.assumeIsolated().whenComplete { _ in pipeline.removeHandler(self, promise: nil) }
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: - Time

    /// Closes the connection unless something else happens within `time`.
    private func expect(within time: Duration) {
        self.deadline?.cancel()
        guard let context = self.context else { return }
        self.deadline = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) {
            self.context?.close(promise: nil)
        }
    }

    private func finish() {
        self.deadline?.cancel()
        self.deadline = nil
        self.exchanges.finish()
        switch self.state {
        case .upgraded, .closed: break
        case .idle, .reading, .upgrading, .responding, .lingering: self.admission.closed()
        }
        self.state = .closed
    }
}
