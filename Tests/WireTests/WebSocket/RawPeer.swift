import NIOCore
import NIOPosix

/// One end of a TCP connection that sends and reads bytes as a test says: the peer of a socket under test, right or wrong.
///
/// Reads from the kernel only when the test asks for bytes.
final class RawPeer: Sendable {
    /// TCP ended before what was asked for.
    struct Ended: Error {}

    /// Passes on what is read, one read per request.
    private final class Reader: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let continuation: AsyncStream<ByteBuffer>.Continuation
        private let onActive: () -> Void

        init(_ continuation: AsyncStream<ByteBuffer>.Continuation, onActive: @escaping () -> Void) {
            self.continuation = continuation
            self.onActive = onActive
        }

        func channelActive(context: ChannelHandlerContext) { self.onActive() }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.continuation.yield(Self.unwrapInboundIn(data))
        }

        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { self.continuation.finish() }
        }

        func channelInactive(context: ChannelHandlerContext) { self.continuation.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let channel: any Channel
    private let reads: AsyncStream<ByteBuffer>
    private let unread: NIOLoopBoundBox<ByteBuffer>

    /// `onActive` is handed the peer once its connection is there: asking for a read before that would be lost.
    private init(_ channel: any Channel, onActive: @escaping (RawPeer) -> Void = { _ in }) throws {
        let (reads, continuation) = AsyncStream<ByteBuffer>.makeStream(bufferingPolicy: .bufferingOldest(100_000))
        self.channel = channel
        self.reads = reads
        self.unread = NIOLoopBoundBox(ByteBuffer(), eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(Reader(continuation) { onActive(self) })
    }

    /// Connects to `port`, runs `body` and closes TCP.
    static func connect<Value>(to port: Int, _ body: (RawPeer) async throws -> Value) async throws -> Value {
        let peer = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelOption(.autoRead, value: false)
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture { try RawPeer(channel) }
            }
        return try await peer.run(body)
    }

    /// Runs `script` with the first client of a server, beside `body`, which is given the server's port.
    static func serve<Value>(
        _ script: @escaping @Sendable (RawPeer) async throws -> Void,
        _ body: (Int) async throws -> Value
    ) async throws -> Value {
        let (clients, continuation) = AsyncStream<RawPeer>.makeStream(bufferingPolicy: .bufferingOldest(10))
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.autoRead, value: false)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { _ = try RawPeer(channel) { continuation.yield($0) } }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        async let played: Void = {
            for await client in clients { return try await client.run(script) }
        }()
        do {
            let value = try await body(server.localAddress?.port ?? 0)
            // Whoever gave up before connecting never comes.
            continuation.finish()
            try await played
            try await server.close()
            return value
        } catch {
            continuation.finish()
            try await server.close()
            throw error
        }
    }

    private func run<Value>(_ body: (RawPeer) async throws -> Value) async throws -> Value {
        do {
            let value = try await body(self)
            try? await self.channel.close()
            return value
        } catch {
            try? await self.channel.close()
            throw error
        }
    }

    func send(_ bytes: [UInt8]) async throws { try await self.channel.writeAndFlush(ByteBuffer(bytes: bytes)) }

    func send(_ frames: RawFrame...) async throws { try await self.send(frames.flatMap(\.bytes)) }

    /// Sends `text` and `bytes` in one write.
    func send(_ text: String, _ bytes: [UInt8] = []) async throws { try await self.send(Array(text.utf8) + bytes) }

    /// Sends FIN; reading goes on.
    func finish() async throws { try await self.channel.close(mode: .output) }

    func read(_ count: Int) async throws -> [UInt8] {
        while true {
            if let bytes = try await self.take(count) { return bytes }
            guard try await self.readMore() else { throw Ended() }
        }
    }

    private func take(_ count: Int) async throws -> [UInt8]? {
        try await self.channel.eventLoop.submit { self.unread.value.readBytes(length: count) }.get()
    }

    /// False at the end of TCP.
    private func readMore() async throws -> Bool {
        self.channel.read()
        var iterator = self.reads.makeAsyncIterator()
        guard let more = await iterator.next() else { return false }
        try await self.channel.eventLoop.submit { _ = self.unread.value.writeImmutableBuffer(more) }.get()
        return true
    }

    /// One frame.
    func readFrame() async throws -> RawFrame {
        let start = try await self.read(2)
        var length = Int(start[1] & 0x7F)
        if length == 126 { length = try await self.read(2).reduce(0) { $0 << 8 | Int($1) } }
        if length == 127 { length = try await self.read(8).reduce(0) { $0 << 8 | Int($1) } }
        let mask = start[1] & 0x80 != 0 ? try await self.read(4) : nil
        let masked = try await self.read(length)
        let payload = mask.map { mask in masked.enumerated().map { $0.element ^ mask[$0.offset % 4] } } ?? masked
        return RawFrame(start[0] & 0xF, payload, isFinal: start[0] & 0x80 != 0, mask: mask)
    }

    /// The HTTP head up to its empty line.
    func readHead() async throws -> String {
        var head: [UInt8] = []
        while !head.suffix(4).elementsEqual([13, 10, 13, 10]) { head += try await self.read(1) }
        return String(decoding: head, as: UTF8.self)
    }

    /// What is left to the end of TCP.
    func readToEnd() async throws -> [UInt8] {
        while try await self.readMore() {}
        return try await self.channel.eventLoop.submit {
            self.unread.value.readBytes(length: self.unread.value.readableBytes) ?? []
        }.get()
    }
}
