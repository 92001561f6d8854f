import NIOCore
import NIOPosix
import Testing
import Wire

/// What a client does with a server that is none, or that misbehaves.
@Suite struct RedisPeerTests {
    /// Answers every read with what the test says; nil closes the connection.
    private final class Peer: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        private let answer: @Sendable (String) -> String?

        init(_ answer: @escaping @Sendable (String) -> String?) { self.answer = answer }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            guard let text = self.answer(String(buffer: self.unwrapInboundIn(data))) else {
                return context.close(promise: nil)
            }
            context.writeAndFlush(self.wrapOutboundOut(ByteBuffer(string: text)), promise: nil)
        }
    }

    /// Patient, since a machine with much to do is no fault of the server's.
    private static func configuration(_ port: Int) throws -> RedisConfiguration {
        var configuration = try RedisConfiguration(url: "redis://127.0.0.1:\(port)")
        configuration.connectTimeout = .seconds(60)
        configuration.commandTimeout = .seconds(60)
        return configuration
    }

    private static func with(
        _ answer: @escaping @Sendable (String) -> String?,
        _ body: (RedisClient) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Peer(answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        let client = RedisClient(try Self.configuration(port), on: group.next())
        do {
            try await body(client)
        } catch {
            Issue.record(error)
        }
        await client.close()
        try await server.close()
    }

    @Test("a server of another kind is told apart")
    func otherServer() async throws {
        try await Self.with({ _ in "HTTP/1.1 400 Bad Request\r\n\r\n" }) { client in
            await #expect(throws: RedisError.breach(.unknownType(UInt8(ascii: "H")))) {
                try await client.send(["GET", "a"])
            }
        }
    }

    @Test("a server that hangs up at once fails the command")
    func hangUp() async throws {
        try await Self.with({ _ in nil }) { client in
            await #expect(throws: RedisError.connectionLost) { try await client.send(["GET", "a"]) }
        }
    }

    @Test("an answer that nobody asked for ends the connection, since the others could belong to anything")
    func unasked() async throws {
        try await Self.with({ text in text.contains("PING") ? "+PONG\r\n" : "+one\r\n+two\r\n" }) { client in
            let first = try await client.send(["ECHO", "one"])
            #expect(first.text == "one")
            var answer: String?
            // The old connection fails commands until it is closed.
            while answer == nil { answer = try? await client.send(["ECHO", "one"]).text }
            #expect(answer == "one")
        }
    }

    @Test("a server that is still loading is not taken for ready")
    func loading() async throws {
        try await Self.with({ _ in "-LOADING Redis is loading the dataset in memory\r\n" }) { client in
            let error = await #expect(throws: RedisError.self) { try await client.send(["GET", "a"]) }
            #expect(error?.isConnectionFault == true)
            #expect(await client.retryDelay > .zero)
        }
    }

    @Test("nobody there is said at once, and again without a new attempt until it is due")
    func nobody() async throws {
        let group = MultiThreadedEventLoopGroup.singleton
        let server = try await ServerBootstrap(group: group).bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(server.localAddress?.port)
        try await server.close()
        let client = RedisClient(
            try Self.configuration(port),
            on: group.next(),
            jitter: { 0 }
        )
        for _ in 1...3 {
            let error = await #expect(throws: RedisError.self) { try await client.send(["PING"]) }
            guard case .unreachable = error else {
                Issue.record("another error: \(String(describing: error))")
                continue
            }
        }
        await client.close()
    }
}
