import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import Wire

/// The HTTP upgrade, both ends, against hand-written bytes.
@Suite(.timeLimit(.minutes(1))) struct WebSocketHandshakeTests {
    private static let sampleRequest = [
        "GET /media-stream HTTP/1.1", "Host: 127.0.0.1", "Upgrade: websocket", "Connection: keep-alive, Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    ]

    private func connect(
        _ port: Int,
        timeout: Duration = .seconds(10),
        _ events: SocketProbe.Events = SocketProbe.Events()
    ) async throws(WebSocketConnectError) -> NIOLoopBound<WebSocketHandler> {
        try await WebSocketClient(tls: nil).connect(
            url: "ws://127.0.0.1:\(port)/x",
            on: MultiThreadedEventLoopGroup.singleton.next(),
            maxMessageByteCount: 1 << 20,
            timeout: timeout,
            makeDelegate: { SocketProbe(events) }
        )
    }

    /// What connecting to a server that plays `script` throws; nil where it does not.
    private func failure(
        timeout: Duration = .seconds(10),
        _ script: @escaping @Sendable (RawPeer) async throws -> Void
    ) async throws -> WebSocketConnectError? {
        try await RawPeer.serve(script) { port in
            do throws(WebSocketConnectError) {
                _ = try await self.connect(port, timeout: timeout)
                return nil
            } catch { return error }
        }
    }

    /// The accept value for the key in `request`, worked out by NIO's own server upgrader.
    private static func answer(to request: String, extra: String = "", accept: String? = nil) -> String {
        let key = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key:") }
            .map { $0.split(separator: " ").last.map(String.init) ?? "" }
        let value = accept ?? SocketAcceptKey.make(key ?? "")
        return "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(value)\r\n\(extra)\r\n"
    }

    // MARK: Server

    @Test("the RFC's sample key gets the RFC's sample answer, and compression is declined")
    func sample() async throws {
        #expect(
            SocketAcceptKey.make("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
            "the test's own sum"
        )
        try await SocketListener.upgrading { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(Array((Self.sampleRequest + ["", ""]).joined(separator: "\r\n").utf8))
                let head = try await peer.readHead()
                let lines = head.split(separator: "\r\n").map { $0.lowercased() }
                #expect(lines.first == "http/1.1 101 switching protocols")
                #expect(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
                #expect(lines.contains("upgrade: websocket"))
                #expect(lines.contains("connection: upgrade"))
                #expect(lines.contains("x-probe: yes"))
                #expect(!lines.contains { $0.hasPrefix("sec-websocket-extensions") })
            }
        }
    }

    @Test("frames sent together with the request are not lost")
    func framesWithRequest() async throws {
        try await SocketListener.upgrading { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let request = Array((Self.sampleRequest + ["", ""]).joined(separator: "\r\n").utf8)
                let first = RawFrame(1, Array("first".utf8), mask: [9, 9, 9, 9]).bytes
                let second = RawFrame(1, Array("second".utf8), mask: [9, 9, 9, 9]).bytes
                try await peer.send(request + first + second.prefix(5))
                try await peer.send(Array(second.dropFirst(5)))
                let connection = try await listener.next()
                #expect(await connection.events.next() == .text("first"))
                #expect(await connection.events.next() == .text("second"))
            }
        }
    }

    // MARK: Client

    @Test("messages that come in one read with the 101 answer are not lost, nor is a close frame")
    func framesWithAnswer() async throws {
        try await RawPeer.serve { peer in
            let request = try await peer.readHead()
            let frames = [
                RawFrame(1, Array("hello".utf8)), RawFrame(1, Array("again".utf8)), RawFrame.close(4000, "bye"),
            ]
            try await peer.send(Self.answer(to: request), frames.flatMap(\.bytes))
            try await peer.finish()
            _ = try await peer.readToEnd()
        } _: { port in
            let events = SocketProbe.Events()
            let handler = try await self.connect(port, events)
            #expect(await events.next() == .text("hello"))
            #expect(await events.next() == .text("again"))
            let closed = WebSocketClose(code: 4000, reason: "bye", initiatedByPeer: true)
            #expect(await events.next() == .closed(closed))
            try await handler.eventLoop.submit { #expect(!handler.value.isOpen) }.get()
        }
    }

    @Test("answers of 1xx before the 101 are passed over")
    func informationalAnswers() async throws {
        try await RawPeer.serve { peer in
            let request = try await peer.readHead()
            let early = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
            try await peer.send(
                "HTTP/1.1 100 Continue\r\n\r\n" + early + Self.answer(to: request),
                RawFrame(1, [97]).bytes
            )
            try await peer.finish()
            _ = try await peer.readToEnd()
        } _: { port in
            let events = SocketProbe.Events()
            _ = try await self.connect(port, events)
            #expect(await events.next() == .text("a"))
            #expect(await events.next() == .closed(WebSocketClose(code: nil, reason: "", initiatedByPeer: true)))
        }
    }

    @Test("an answer that comes byte by byte is understood")
    func slowAnswer() async throws {
        try await RawPeer.serve { peer in
            let request = try await peer.readHead()
            for byte in Array(Self.answer(to: request).utf8) + RawFrame(1, [97]).bytes {
                try await peer.send([byte])
            }
            #expect(try await peer.readFrame().payload == [0x03, 0xE8])
            try await peer.send(RawFrame.close(1000))
        } _: { port in
            let events = SocketProbe.Events()
            let handler = try await self.connect(port, events)
            #expect(await events.next() == .text("a"))
            try await handler.eventLoop.submit { handler.value.close(code: 1000, reason: "") }.get()
        }
    }

    @Test(
        "an answer other than 101 is a refusal with its status",
        arguments: [200, 301, 400, 401, 403, 404, 426, 429, 500, 503]
    )
    func refusals(status: Int) async throws {
        let error = try await self.failure { peer in
            _ = try await peer.readHead()
            try await peer.send("HTTP/1.1 \(status) No\r\nContent-Length: 15\r\n\r\n{\"error\":\"no\"}\n")
            #expect(try await peer.readToEnd().isEmpty, "the client closes")
        }
        #expect(error == .refused(status: status))
    }

    @Test("a refusal whose body never ends is a refusal all the same")
    func refusalWithoutEnd() async throws {
        let error = try await self.failure { peer in
            _ = try await peer.readHead()
            try await peer.send("HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
            _ = try await peer.readToEnd()
        }
        #expect(error == .refused(status: 401))
    }

    @Test("a wrong accept value, an extension, a subprotocol or a missing header make the handshake unsound")
    func unsoundAnswers() async throws {
        let answers: [@Sendable (String) -> String] = [
            { Self.answer(to: $0, accept: "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") },
            { Self.answer(to: $0, extra: "Sec-WebSocket-Extensions: permessage-deflate\r\n") },
            { Self.answer(to: $0, extra: "Sec-WebSocket-Protocol: other\r\n") },
            { Self.answer(to: $0).replacing("Connection: Upgrade\r\n", with: "Connection: close\r\n") },
            { Self.answer(to: $0).replacing("Upgrade: websocket\r\n", with: "") },
            { Self.answer(to: $0).replacing("Upgrade: websocket\r\n", with: "Upgrade: h2c\r\n") },
            { _ in "HTTP/1.1 101 Switching Protocols\r\n\r\n" },
            { _ in "SSH-2.0-OpenSSH_9.2\r\n" },
        ]
        for (index, answer) in answers.enumerated() {
            let error = try await self.failure { peer in
                let request = try await peer.readHead()
                try await peer.send(answer(request))
                _ = try await peer.readToEnd()
            }
            guard case .unreachable = error else {
                Issue.record("answer \(index): \(String(describing: error))")
                continue
            }
        }
    }

    @Test("a server that hangs up without an answer is unreachable")
    func hangUp() async throws {
        let error = try await self.failure { peer in _ = try await peer.readHead() }
        guard case .unreachable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }

    @Test("a server that never answers is given up after the time given, and its connection closed")
    func timeout() async throws {
        let error = try await self.failure(timeout: .milliseconds(100)) { peer in
            // The time may be over before the request is sent.
            _ = try? await peer.readHead()
            _ = try await peer.readToEnd()
        }
        #expect(error == .timedOut)
    }

    @Test("cancelling the attempt closes its connection")
    func cancelling() async throws {
        let (answered, isAnswered) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingOldest(1))
        try await RawPeer.serve { peer in
            _ = try await peer.readHead()
            isAnswered.yield()
            #expect(try await peer.readToEnd().isEmpty)
            isAnswered.finish()
        } _: { port in
            let attempt = Task {
                do throws(WebSocketConnectError) {
                    _ = try await self.connect(port)
                    return nil as WebSocketConnectError?
                } catch { return error }
            }
            var steps = answered.makeAsyncIterator()
            await steps.next()
            attempt.cancel()
            #expect(await attempt.value == .unreachable("the attempt was cancelled"))
            #expect(await steps.next() == nil, "the server saw the end")
        }
    }
}
