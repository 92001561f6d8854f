import NIOCore
import NIOHTTP1

/// Collects one request after the other and writes the answers, each as its steps say.
final class LoopbackHTTPHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let behaviour: LoopbackServer.Behaviour
    private let refusal: Record<LoopbackResponse?>
    private var request: LoopbackRequest?

    /// `refusal` is the answer to an upgrade request that was refused, once that is decided.
    init(_ behaviour: LoopbackServer.Behaviour, _ refusal: Record<LoopbackResponse?>) {
        self.behaviour = behaviour
        self.refusal = refusal
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Self.unwrapInboundIn(data) {
        case .head(let head):
            self.request = LoopbackRequest(
                method: head.method,
                uri: head.uri,
                headers: head.headers,
                body: ByteBuffer()
            )
        case .body(var part): self.request?.body.writeBuffer(&part)
        case .end:
            let response = self.answer()
            self.request = nil
            // Without a length the end of the body is the end of the connection.
            let head = HTTPResponseHead(version: .http1_1, status: response.status, headers: response.headers)
            let context = NIOLoopBound(context, eventLoop: context.eventLoop)
            Self.after(response.delay, context) { context in
                guard context.channel.isActive else { return }
                context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
                Self.run(response.steps[...], NIOLoopBound(context, eventLoop: context.eventLoop))
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func answer() -> LoopbackResponse {
        if let request = self.request { return self.behaviour.respond(request) }
        // SwiftNIO's upgrade handler keeps the head of a request whose upgrade it gave up, and passes its end on.
        // Without a refusal of ours the handshake itself was bad, such as one without a key.
        var response = self.refusal.current ?? LoopbackResponse(status: .badRequest, headers: ["Content-Length": "0"])
        response.headers.replaceOrAdd(name: "Connection", value: "close")
        return response
    }

    private static func run(_ steps: ArraySlice<LoopbackResponse.Step>, _ context: NIOLoopBound<ChannelHandlerContext>)
    {
        guard context.value.channel.isActive else { return }
        guard let step = steps.first else {
            context.value.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        let rest = steps.dropFirst()
        switch step {
        case .bytes(let bytes):
            context.value.writeAndFlush(Self.wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
            Self.run(rest, context)
        case .pause(let duration):
            Self.after(duration, context) { Self.run(rest, NIOLoopBound($0, eventLoop: $0.eventLoop)) }
        case .abort: context.value.close(promise: nil)
        case .hang: context.value.flush()
        }
    }

    private static func after(
        _ delay: Duration,
        _ context: NIOLoopBound<ChannelHandlerContext>,
        _ body: @escaping @Sendable (ChannelHandlerContext) -> Void
    ) {
        guard delay > .zero else {
            body(context.value)
            return
        }
        context.value.eventLoop.scheduleTask(in: TimeAmount(delay)) { body(context.value) }
    }
}
