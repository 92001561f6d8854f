import Foundation
import NIOCore
import NIOPosix

/// Sends bytes as a test wants them, and collects what comes back.
final class RawClient: Sendable {
    private let channel: any Channel
    private let chunks: AsyncStream<String>

    /// Connects to a port of this machine.
    init(port: Int) async throws {
        let (chunks, source) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(10_000))
        self.chunks = chunks
        self.channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: false)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(source))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    func send(_ text: String) async throws { try await self.channel.writeAndFlush(ByteBuffer(string: text)) }

    /// Reads until `text` has come, or the connection has ended; returns everything that was read.
    func read(until text: String) async -> String {
        var all = ""
        for await chunk in self.chunks {
            all += chunk
            if all.contains(text) { break }
        }
        return all
    }

    /// Reads until the server closes.
    func readToEnd() async -> String {
        var all = ""
        for await chunk in self.chunks { all += chunk }
        return all
    }

    func close() async { try? await self.channel.close() }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private let source: AsyncStream<String>.Continuation

        init(_ source: AsyncStream<String>.Continuation) { self.source = source }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            self.source.yield(String(buffer: Self.unwrapInboundIn(data)))
        }

        func channelInactive(context: ChannelHandlerContext) { self.source.finish() }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
