import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Testing
import Wire

/// Our ends against SwiftNIO's own WebSocket pipeline.
@Suite(.timeLimit(.minutes(1))) struct WebSocketInteropTests {
    private typealias Frames = NIOAsyncChannel<WebSocketFrame, WebSocketFrame>

    private static let counts = [0, 1, 125, 126, 65_535, 65_536, 200_000]

    /// Runs `body` beside a server of NIO's that echoes texts and answers pings and close frames.
    private func withServer<Value: Sendable>(_ body: (Int) async throws -> Value) async throws -> Value {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = NIOTypedWebSocketServerUpgrader<Frames?>(
                        maxFrameSize: 1 << 20,
                        shouldUpgrade: { channel, _ in channel.eventLoop.makeSucceededFuture(HTTPHeaders()) },
                        upgradePipelineHandler: { channel, _ in
                            channel.eventLoop.makeCompletedFuture { try Frames(wrappingChannelSynchronously: channel) }
                        }
                    )
                    return try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                        configuration: NIOUpgradableHTTPServerPipelineConfiguration(
                            upgradeConfiguration: NIOTypedHTTPServerUpgradeConfiguration(
                                upgraders: [upgrader],
                                notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededFuture(nil) }
                            )
                        )
                    )
                }
            }
        let port = server.channel.localAddress?.port ?? 0
        return try await server.executeThenClose { clients in
            async let served: Void = {
                for try await client in clients {
                    guard let frames = try await client.get() else { continue }
                    return try await Self.echo(frames)
                }
            }()
            let value = try await body(port)
            try await served
            return value
        }
    }

    private static func echo(_ frames: Frames) async throws {
        try await frames.executeThenClose { inbound, outbound in
            for try await frame in inbound {
                switch frame.opcode {
                case .text: try await outbound.write(WebSocketFrame(fin: true, opcode: .text, data: frame.unmaskedData))
                case .ping: try await outbound.write(WebSocketFrame(fin: true, opcode: .pong, data: frame.unmaskedData))
                case .connectionClose:
                    try await outbound.write(
                        WebSocketFrame(fin: true, opcode: .connectionClose, data: frame.unmaskedData)
                    )
                    return
                default: break
                }
            }
        }
    }

    @Test("our client and NIO's server understand each other")
    func ourClient() async throws {
        try await self.withServer { port in
            let events = SocketProbe.Events()
            let handler = try await WebSocketClient(tls: nil).connect(
                url: "ws://127.0.0.1:\(port)/",
                on: MultiThreadedEventLoopGroup.singleton.next(),
                maxMessageByteCount: 1 << 20,
                makeDelegate: { SocketProbe(events) }
            )
            var random = SocketTestRandom(seed: 10)
            for count in Self.counts {
                let text = random.text(count)
                try await handler.eventLoop.submit {
                    handler.value.ping()
                    handler.value.send(text: text)
                    handler.value.flush()
                }.get()
                var event = await events.next()
                while case .writable = event { event = await events.next() }
                #expect(event == .text(text))
            }
            try await handler.eventLoop.submit { handler.value.close(code: 4321, reason: "done") }.get()
            #expect(await events.close() == WebSocketClose(code: 4321, reason: "done", initiatedByPeer: false))
        }
    }

    @Test("NIO's client and our server understand each other, fragments included")
    func ourServer() async throws {
        var options = SocketListener.Options()
        options.isEcho = true
        try await SocketListener.upgrading(options) { listener in
            let client = try await ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .connect(host: "127.0.0.1", port: listener.port) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let upgrader = NIOTypedWebSocketClientUpgrader<Frames?>(
                            maxFrameSize: 1 << 20,
                            upgradePipelineHandler: { channel, _ in
                                channel.eventLoop.makeCompletedFuture {
                                    try Frames(wrappingChannelSynchronously: channel)
                                }
                            }
                        )
                        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/", headers: ["Host": "x"])
                        return try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
                            configuration: NIOUpgradableHTTPClientPipelineConfiguration(
                                upgradeConfiguration: NIOTypedHTTPClientUpgradeConfiguration(
                                    upgradeRequestHead: head,
                                    upgraders: [upgrader],
                                    notUpgradingCompletionHandler: { $0.eventLoop.makeSucceededFuture(nil) }
                                )
                            )
                        )
                    }
                }
            let frames = try #require(try await client.get())
            try await self.talk(frames)
            let served = try await listener.next().events.rest()
            #expect(served.last == .closed(WebSocketClose(code: 1000, reason: "", initiatedByPeer: true)))
        }
    }

    /// Plays the client: each text in two fragments with a ping between them, then a close frame.
    private func talk(_ frames: Frames) async throws {
        try await frames.executeThenClose { inbound, outbound in
            var random = SocketTestRandom(seed: 11)
            var texts = Self.counts.map { random.text($0) }
            func send(_ opcode: WebSocketOpcode, _ data: ByteBuffer, fin: Bool = true) async throws {
                try await outbound.write(WebSocketFrame(fin: fin, opcode: opcode, maskKey: .random(), data: data))
            }
            func sendNext() async throws {
                guard let text = texts.first else {
                    return try await send(.connectionClose, ByteBuffer(bytes: [0x03, 0xE8]))
                }
                var rest = ByteBuffer(string: text)
                let start = rest.readSlice(length: rest.readableBytes / 3) ?? ByteBuffer()
                try await send(.text, start, fin: false)
                try await send(.ping, ByteBuffer(string: "\(texts.count)"))
                try await send(.continuation, rest)
            }
            try await sendNext()
            for try await frame in inbound {
                switch frame.opcode {
                case .text:
                    #expect(String(buffer: frame.data) == texts.removeFirst())
                    #expect(frame.maskKey == nil)
                    try await sendNext()
                case .pong: #expect(frame.data == ByteBuffer(string: "\(texts.count)"))
                case .connectionClose:
                    #expect(texts.isEmpty)
                    #expect(frame.data == ByteBuffer(bytes: [0x03, 0xE8]))
                default: Issue.record("unexpected \(frame.opcode)")
                }
            }
        }
    }
}
