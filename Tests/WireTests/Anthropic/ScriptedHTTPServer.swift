import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A loopback HTTP server that answers each request by a script, and tells when its peers leave.
struct ScriptedHTTPServer: Sendable {
    struct Request: Sendable {
        var head: HTTPRequestHead
        var body: String
    }

    enum Step: Sendable {
        case head(Int, [(String, String)] = [])
        /// One chunk of the body, flushed by itself.
        case body([UInt8])
        case end
        /// Closes the connection in the middle of what it was doing.
        case close

        static func body(_ text: String) -> Step { .body(Array(text.utf8)) }
    }

    /// Gives the steps of the answer to a request, by its number; an answer without ``Step/end`` stays open.
    typealias Script = @Sendable (_ index: Int, _ request: Request) -> [Step]

    private let channel: any Channel
    private let log: Log

    var url: String { "http://127.0.0.1:\(self.channel.localAddress?.port ?? 0)" }
    var requests: [Request] { self.log.requests }

    /// Returns when the next request has come.
    func awaitRequest() async { for await _ in self.log.arrivals { return } }

    /// Returns when the next connection was closed by its peer.
    func awaitClose() async { for await _ in self.log.departures { return } }

    /// Runs `body` against a server on a free port.
    static func run(script: @escaping Script, _ body: (ScriptedHTTPServer) async throws -> Void) async throws {
        let log = Log(script)
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(Handler(log))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let outcome: Result<Void, any Error>
        do { outcome = .success(try await body(ScriptedHTTPServer(channel: channel, log: log))) } catch {
            outcome = .failure(error)
        }
        try await channel.close()
        try outcome.get()
    }

    private final class Log: Sendable {
        let arrivals: AsyncStream<Void>
        let departures: AsyncStream<Void>
        private let script: Script
        private let seen = Mutex<[Request]>([])
        private let arrived: AsyncStream<Void>.Continuation
        private let departed: AsyncStream<Void>.Continuation

        init(_ script: @escaping Script) {
            self.script = script
            (self.arrivals, self.arrived) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64))
            (self.departures, self.departed) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(64))
        }

        var requests: [Request] { self.seen.withLock { $0 } }

        func take(_ request: Request) -> [Step] {
            let index = self.seen.withLock { seen in
                seen.append(request)
                return seen.count - 1
            }
            self.arrived.yield()
            return self.script(index, request)
        }

        func departure() { self.departed.yield() }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = HTTPServerRequestPart
        typealias OutboundOut = HTTPServerResponsePart

        private let log: Log
        private var request: Request?

        init(_ log: Log) { self.log = log }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            switch self.unwrapInboundIn(data) {
            case .head(let head): self.request = Request(head: head, body: "")
            case .body(let body): self.request?.body += String(buffer: body)
            case .end:
                guard let request else { return }
                self.request = nil
                for step in self.log.take(request) { self.play(step, context) }
            }
        }

        func channelInactive(context: ChannelHandlerContext) {
            self.log.departure()
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

        private func play(_ step: Step, _ context: ChannelHandlerContext) {
            switch step {
            case .head(let status, let headers):
                let head = HTTPResponseHead(
                    version: .http1_1,
                    status: .init(statusCode: status),
                    headers: HTTPHeaders(headers)
                )
                context.writeAndFlush(self.wrapOutboundOut(.head(head)), promise: nil)
            case .body(let bytes):
                let part = HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: bytes)))
                context.writeAndFlush(self.wrapOutboundOut(part), promise: nil)
            case .end: context.writeAndFlush(self.wrapOutboundOut(.end(nil)), promise: nil)
            case .close: context.close(promise: nil)
            }
        }
    }
}
