import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing
import Wire

/// Our client against our server over the whole path: TCP, HTTP upgrade, frames.
@Suite(.timeLimit(.minutes(1))) struct WebSocketClientTests {
    private var loop: any EventLoop { MultiThreadedEventLoopGroup.singleton.next() }

    private func echo() -> SocketListener.Options {
        var options = SocketListener.Options()
        options.isEcho = true
        return options
    }

    private func connect(
        _ port: Int,
        path: String = "/",
        headers: [(name: String, value: String)] = [],
        timeout: Duration = .seconds(10),
        _ events: SocketProbe.Events = SocketProbe.Events()
    ) async throws(WebSocketConnectError) -> NIOLoopBound<WebSocketHandler> {
        try await WebSocketClient(tls: nil).connect(
            url: "ws://127.0.0.1:\(port)\(path)",
            headers: headers,
            on: self.loop,
            maxMessageByteCount: 1 << 20,
            timeout: timeout,
            makeDelegate: { SocketProbe(events) }
        )
    }

    private func onLoop<Value: Sendable>(
        _ handler: NIOLoopBound<WebSocketHandler>,
        _ body: @escaping @Sendable (WebSocketHandler) -> Value
    ) async throws -> Value {
        try await handler.eventLoop.submit { body(handler.value) }.get()
    }

    private func error(_ body: () async throws(WebSocketConnectError) -> Void) async -> WebSocketConnectError? {
        do throws(WebSocketConnectError) {
            try await body()
            return nil
        } catch { return error }
    }

    @Test("messages of 1 to 200 000 bytes come back whole and in order")
    func echoes() async throws {
        try await SocketListener.upgrading(self.echo()) { listener in
            let events = SocketProbe.Events()
            let handler = try await self.connect(listener.port, events)
            var random = SocketTestRandom(seed: 9)
            for count in [1, 2, 125, 126, 1_000, 4_096, 4_097, 65_535, 65_536, 200_000] {
                let text = random.text(count)
                try await self.onLoop(handler) {
                    $0.send(text: text); $0.flush()
                }
                // The path may fill up; only texts count here.
                var event = await events.next()
                while case .writable = event { event = await events.next() }
                #expect(event == .text(text))
            }
            let burst = (0..<500).map { "message \($0)" }
            try await self.onLoop(handler) { handler in
                for text in burst { handler.send(text: text) }
                handler.flush()
            }
            for text in burst { #expect(await events.next() == .text(text)) }
            try await self.onLoop(handler) { $0.close(code: 1000, reason: "done") }
            let closed = WebSocketClose(code: 1000, reason: "", initiatedByPeer: false)
            #expect(await events.rest() == [.closed(closed)])
            let served = try await listener.next().events.rest()
            #expect(served.last == .closed(WebSocketClose(code: 1000, reason: "done", initiatedByPeer: true)))
        }
    }

    @Test("path, query and headers reach the server, and no extension is offered or taken")
    func request() async throws {
        let seen = Mutex<HTTPRequestHead?>(nil)
        try await SocketListener.upgrading(requests: { head in seen.withLock { $0 = head } }) { listener in
            let headers = [(name: "Authorization", value: "Bearer abc"), (name: "X-Safety", value: "äöü")]
            let handler = try await self.connect(listener.port, path: "/v1/realtime?model=m&x=1", headers: headers)
            let head = try #require(seen.withLock { $0 })
            #expect(head.uri == "/v1/realtime?model=m&x=1")
            #expect(head.method == .GET)
            #expect(head.version == .http1_1)
            #expect(head.headers["Authorization"] == ["Bearer abc"])
            #expect(head.headers["Host"] == ["127.0.0.1:\(listener.port)"])
            #expect(head.headers["Sec-WebSocket-Version"] == ["13"])
            #expect(head.headers["Sec-WebSocket-Extensions"].isEmpty)
            try await self.onLoop(handler) { $0.close(code: 1000, reason: "") }
        }
    }

    @Test("a server closing first is answered, and the client waits for it to end TCP")
    func serverCloses() async throws {
        try await SocketListener.upgrading { listener in
            let events = SocketProbe.Events()
            let handler = try await self.connect(listener.port, events)
            let connection = try await listener.next()
            try await connection.onLoop { $0.close(code: 1001, reason: "draining") }
            #expect(
                await events.rest() == [.closed(WebSocketClose(code: 1001, reason: "draining", initiatedByPeer: true))]
            )
            #expect(
                await connection.events.rest()
                    == [.closed(WebSocketClose(code: 1001, reason: "", initiatedByPeer: false))]
            )
            #expect(try await self.onLoop(handler) { !$0.isOpen && !$0.isWritable })
        }
    }

    @Test("both sides closing at once end well")
    func bothClose() async throws {
        try await SocketListener.upgrading { listener in
            let events = SocketProbe.Events()
            let handler = try await self.connect(listener.port, events)
            let connection = try await listener.next()
            async let theirs: Void = connection.onLoop { $0.close(code: 4001, reason: "server") }
            async let ours: Void = self.onLoop(handler) { $0.close(code: 4002, reason: "client") }
            _ = try await (theirs, ours)
            #expect(await events.close()?.code != nil)
            #expect(await connection.events.close()?.code != nil)
        }
    }

    // MARK: Attempts that fail

    @Test("the URL is checked before anything is tried")
    func badURL() async throws {
        let client = WebSocketClient(tls: nil)
        for url in ["http://127.0.0.1/", "wss://127.0.0.1/", "ws://"] {
            let error = await self.error { () async throws(WebSocketConnectError) in
                _ = try await client.connect(url: url, on: self.loop, maxMessageByteCount: 1) {
                    SocketProbe(SocketProbe.Events())
                }
            }
            guard case .badURL = error else {
                Issue.record("\(url): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("headers that would break the request are refused", arguments: ["a\r\nX: y", "a\n", "a\u{0}"])
    func badHeaders(value: String) async throws {
        for header in [(name: "X", value: value), (name: value, value: "x"), (name: "", value: "x")] {
            let error = await self.error { () async throws(WebSocketConnectError) in
                _ = try await self.connect(1, headers: [header])
            }
            guard case .badURL = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    @Test("a port where nobody listens is unreachable")
    func nobodyListens() async throws {
        let port = try await SocketListener.bare { listener in listener.port }
        let error = await self.error { () async throws(WebSocketConnectError) in _ = try await self.connect(port) }
        guard case .unreachable(let reason) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.lowercased().contains("refused"))
    }

    /// Runs `body` with a port whose listener takes no connection, its queue being full: an attempt hangs in TCP.
    private func withSilentPort(_ body: (Int) async throws -> Void) async throws {
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.backlog, value: 1)
            .serverChannelOption(.autoRead, value: false)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = server.localAddress?.port ?? 0
        var fillers: [any Channel] = []
        let filler = ClientBootstrap(group: .singletonMultiThreadedEventLoopGroup).connectTimeout(.milliseconds(200))
        while fillers.count < 16, let channel = try? await filler.connect(host: "127.0.0.1", port: port).get() {
            fillers.append(channel)
        }
        #expect(fillers.count < 16, "the queue never filled up")
        try await body(port)
        for channel in fillers { try? await channel.close() }
        try await server.close()
    }

    @Test("a host that does not answer TCP is given up after the time given")
    func silentHost() async throws {
        try await self.withSilentPort { port in
            let error = await self.error { () async throws(WebSocketConnectError) in
                _ = try await self.connect(port, timeout: .milliseconds(100))
            }
            #expect(error == .timedOut)
        }
    }

    @Test("cancelling ends an attempt whose connection is not there yet")
    func cancelConnecting() async throws {
        try await self.withSilentPort { port in
            let attempt = Task {
                await self.error { () async throws(WebSocketConnectError) in
                    _ = try await self.connect(port, timeout: .seconds(3_600))
                }
            }
            attempt.cancel()
            #expect(await attempt.value == .unreachable("the attempt was cancelled"))
        }
    }
}
