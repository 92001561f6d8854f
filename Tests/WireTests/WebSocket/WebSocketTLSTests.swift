import NIOCore
import NIOPosix
import NIOSSL
import Testing
import Wire

@Suite(.timeLimit(.minutes(1)), .enabled(if: SocketTestCertificate.command != nil, "needs the openssl command"))
struct WebSocketTLSTests {
    private func connect(
        _ url: String,
        _ tls: NIOSSLContext,
        _ events: SocketProbe.Events
    ) async throws(WebSocketConnectError) -> NIOLoopBound<WebSocketHandler> {
        try await WebSocketClient(tls: tls).connect(
            url: url,
            on: MultiThreadedEventLoopGroup.singleton.next(),
            maxMessageByteCount: 1 << 20,
            makeDelegate: { SocketProbe(events) }
        )
    }

    @Test(
        "wss works against a certificate for the name or the address, and closes well",
        arguments: ["localhost", "127.0.0.1"]
    )
    func wss(host: String) async throws {
        let certificate = try SocketTestCertificate(names: "DNS:localhost,IP:127.0.0.1")
        let tls = try WebSocketClient.makeTLSContext(additionalRoots: [certificate.certificate])
        var options = SocketListener.Options()
        options.isEcho = true
        try await SocketListener.upgrading(options, tls: certificate.makeServerContext()) { listener in
            let events = SocketProbe.Events()
            let handler = try await self.connect("wss://\(host):\(listener.port)/x?y=z", tls, events)
            var random = SocketTestRandom(seed: 12)
            for count in [1, 20_000, 200_000] {
                let text = random.text(count)
                try await handler.eventLoop.submit {
                    handler.value.send(text: text)
                    handler.value.flush()
                }.get()
                var event = await events.next()
                while case .writable = event { event = await events.next() }
                #expect(event == .text(text))
            }
            try await handler.eventLoop.submit { handler.value.close(code: 1000, reason: "done") }.get()
            #expect(await events.close() == WebSocketClose(code: 1000, reason: "", initiatedByPeer: false))
            let connection = try await listener.next()
            #expect(
                await connection.events.close() == WebSocketClose(code: 1000, reason: "done", initiatedByPeer: true)
            )
            try await connection.channel.closeFuture.get()
        }
    }

    @Test("a certificate that nobody vouches for, or for another name, is refused", arguments: [false, true])
    func distrust(isTrusted: Bool) async throws {
        let certificate = try SocketTestCertificate(names: isTrusted ? "DNS:other.example" : "DNS:localhost")
        let tls = try WebSocketClient.makeTLSContext(additionalRoots: isTrusted ? [certificate.certificate] : [])
        try await SocketListener.upgrading(tls: certificate.makeServerContext()) { listener in
            do throws(WebSocketConnectError) {
                _ = try await self.connect("wss://localhost:\(listener.port)/", tls, SocketProbe.Events())
                Issue.record("connected")
            } catch {
                guard case .unreachable(let reason) = error else {
                    Issue.record("\(error)")
                    return
                }
                #expect(reason.hasPrefix("TLS: "))
            }
        }
    }
}
