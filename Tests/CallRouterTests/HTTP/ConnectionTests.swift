import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOHTTP1
import Testing

@testable import CallRouter

@Suite("One HTTP connection")
struct ConnectionTests {
    private static let upgrade = """
        GET /media-stream HTTP/1.1\r\nHost: router\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n
        """

    private func with(
        _ fixture: RouterFixture,
        _ body: @escaping @Sendable (RawClient) async throws -> Void
    ) async throws {
        try await fixture.serve { server async throws in
            let client = try await RawClient(port: try #require(server.port))
            try await body(client)
            await client.close()
        }
    }

    @Test("an accepted upgrade is answered with the key's proof, and the bytes behind it reach the stream")
    func upgrade() async throws {
        let fixture = RouterFixture()
        try await self.with(fixture) { client async throws in
            // The first bytes of the stream come in the same packet as the request.
            try await client.send(Self.upgrade + "early")
            let answer = await client.read(until: "early")
            #expect(answer.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
            #expect(answer.contains("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"), "RFC 6455 §1.3")
            #expect(answer.hasSuffix("\r\n\r\nearly"))
            try await client.send("late")
            #expect(await client.read(until: "late") == "late")
        }
    }

    @Test("a connection that has served requests can still become a stream, as proxies reuse theirs")
    func upgradeAfterRequests() async throws {
        try await self.with(RouterFixture()) { client async throws in
            for _ in 0..<3 {
                try await client.send("GET /ready HTTP/1.1\r\nHost: router\r\n\r\n")
                #expect(await client.read(until: #"{"status":"ready"}"#).hasPrefix("HTTP/1.1 200"))
            }
            try await client.send(Self.upgrade)
            #expect(await client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
            try await client.send("ping")
            #expect(await client.read(until: "ping") == "ping")
        }
    }

    @Test("a request, an upgrade and the stream's first bytes may come in one packet")
    func pipelinedUpgrade() async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send("GET /ready HTTP/1.1\r\nHost: router\r\n\r\n" + Self.upgrade + "first")
            let answer = await client.read(until: "first")
            #expect(answer.hasPrefix("HTTP/1.1 200"))
            #expect(answer.contains(#"{"status":"ready"}HTTP/1.1 101"#))
            #expect(answer.hasSuffix("\r\n\r\nfirst"))
        }
    }

    @Test(
        "a refused upgrade is answered with its status, and the connection ends",
        arguments: [401, 403, 404, 429, 503] as [Int]
    )
    func refusedUpgrade(status: Int) async throws {
        let fixture = RouterFixture()
        fixture.media.set(.reject(HTTPResponseStatus(statusCode: status)))
        try await self.with(fixture) { client async throws in
            try await client.send(Self.upgrade)
            let answer = await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
            #expect(answer.contains("Connection: close\r\n"))
            #expect(!answer.contains("Upgrade: websocket"))
        }
    }

    @Test("another version of the protocol gets 426 with the one that is spoken")
    func wrongVersion() async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send(Self.upgrade.replacing("Version: 13", with: "Version: 8"))
            let answer = await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 426 "))
            #expect(answer.contains("Sec-WebSocket-Version: 13\r\n"))
        }
    }

    @Test("an upgrade on a path without streams gets 404 and nobody is asked")
    func wrongPath() async throws {
        let fixture = RouterFixture()
        try await self.with(fixture) { client async throws in
            try await client.send(Self.upgrade.replacing("/media-stream", with: "/elsewhere"))
            #expect(await client.readToEnd().hasPrefix("HTTP/1.1 404 "))
        }
        #expect(fixture.media.uris.isEmpty)
    }

    @Test("streams open on both paths, with and without the prefix of PUBLIC_URL")
    func streamPaths() async throws {
        let fixture = RouterFixture(["PUBLIC_URL": "ws://127.0.0.1:8080/phone/"])
        for path in ["/", "/media-stream", "/phone", "/phone/", "/phone/media-stream", "/phone/media-stream?x=1"] {
            try await self.with(fixture) { client async throws in
                try await client.send(Self.upgrade.replacing("/media-stream", with: path))
                #expect(await client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101"), "\(path)")
            }
        }
        #expect(fixture.media.uris == ["/", "/media-stream", "/", "/", "/media-stream", "/media-stream?x=1"])
    }

    @Test("an upgrade to something else is ignored: the request is answered and the connection ends")
    func otherUpgrade() async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send(
                "GET /ready HTTP/1.1\r\nHost: router\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n"
            )
            let answer = await client.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 200 "))
            #expect(answer.contains("Connection: close\r\n"))
        }
    }

    @Test("a body that is announced or grows beyond the limit gets 413")
    func longBody() async throws {
        var fixture = RouterFixture()
        fixture.limits.bodyByteCount = 100
        try await self.with(fixture) { client async throws in
            try await client.send("POST /laml/inbound HTTP/1.1\r\nHost: router\r\nContent-Length: 101\r\n\r\n")
            #expect(await client.readToEnd().hasPrefix("HTTP/1.1 413 "))
        }
        try await self.with(fixture) { client async throws in
            let chunk = "40\r\n" + String(repeating: "a", count: 64) + "\r\n"
            let head = "POST /laml/inbound HTTP/1.1\r\nHost: router\r\nTransfer-Encoding: chunked\r\n\r\n"
            try await client.send(head + chunk + chunk)
            #expect(await client.readToEnd().hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test("a request that never becomes whole is cut off, and so is a connection that says nothing")
    func slowRequests() async throws {
        var fixture = RouterFixture()
        fixture.limits.requestTime = .milliseconds(50)
        for beginning in [
            "", "GET /ready HTTP/1.1\r\nHost:", "POST /laml/inbound HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",
        ] {
            try await self.with(fixture) { client async throws in
                try await client.send(beginning)
                #expect(await client.readToEnd().isEmpty)
            }
        }
    }

    @Test("a kept connection that is not used is closed")
    func idleConnection() async throws {
        var fixture = RouterFixture()
        fixture.limits.idleTime = .milliseconds(50)
        try await self.with(fixture) { client async throws in
            try await client.send("GET /ready HTTP/1.1\r\nHost: router\r\n\r\n")
            #expect(await client.readToEnd().hasSuffix(#"{"status":"ready"}"#))
        }
    }

    @Test(
        "what is no HTTP gets 400 and the connection ends",
        arguments: ["nonsense\r\n\r\n", "GET / HTTP/9.9\r\n\r\n"]
    )
    func nonsense(text: String) async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send(text)
            #expect(await client.readToEnd().hasPrefix("HTTP/1.1 400 "))
        }
    }

    @Test("headers beyond the limit are refused")
    func longHeaders() async throws {
        var fixture = RouterFixture()
        fixture.limits.headerByteCount = 1000
        try await self.with(fixture) { client async throws in
            let long = String(repeating: "x", count: 2000)
            try await client.send("GET /ready HTTP/1.1\r\nHost: router\r\nX-Long: \(long)\r\n\r\n")
            #expect(!(await client.readToEnd().contains(#""status":"ready""#)))
        }
    }

    @Test("a client that waits for leave to send its body gets it")
    func expectContinue() async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send(
                "POST /laml/inbound HTTP/1.1\r\nHost: router\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n"
            )
            #expect(await client.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
            try await client.send("CallSid=1")
            #expect(await client.read(until: "</Response>").hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test("a client of HTTP/1.0 is answered and left, unless it asks to keep the connection")
    func oldClient() async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send("GET /ready HTTP/1.0\r\n\r\n")
            #expect(await client.readToEnd().hasSuffix(#"{"status":"ready"}"#))
        }
        try await self.with(RouterFixture()) { client async throws in
            for _ in 0..<2 {
                try await client.send("GET /ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                let answer = await client.read(until: #"{"status":"ready"}"#)
                #expect(answer.lowercased().contains("connection: keep-alive\r\n"))
            }
        }
    }

    @Test("a client that closes its side after asking still gets its answer")
    func halfClose() async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send("GET /ready HTTP/1.1\r\nHost: router\r\nConnection: close\r\n\r\n")
            #expect(await client.readToEnd().hasSuffix(#"{"status":"ready"}"#))
        }
    }

    @Test("HEAD gets the headers of GET and no body, also where there is nothing")
    func head() async throws {
        try await self.with(RouterFixture()) { client async throws in
            try await client.send("HEAD /health HTTP/1.1\r\nHost: router\r\n\r\n")
            let found = await client.read(until: "\r\n\r\n")
            #expect(found.hasPrefix("HTTP/1.1 200 "))
            try await client.send("HEAD /nothing HTTP/1.1\r\nHost: router\r\nConnection: close\r\n\r\n")
            let missing = await client.readToEnd()
            #expect(missing.hasPrefix("HTTP/1.1 404 "))
            #expect(missing.hasSuffix("\r\n\r\n"))
        }
    }

    @Test("connections beyond the limit are closed, and there is room again when one has gone")
    func tooManyConnections() async throws {
        var fixture = RouterFixture()
        // Two of ours, and the one that the test server's own client keeps.
        fixture.limits.connectionCount = 3
        try await fixture.serve { server async throws in
            let port = try #require(server.port)
            var open: [RawClient] = []
            for _ in 0..<2 {
                let client = try await RawClient(port: port)
                try await client.send("GET /ready HTTP/1.1\r\nHost: router\r\n\r\n")
                #expect(await client.read(until: "ready").hasPrefix("HTTP/1.1 200"))
                open.append(client)
            }
            let third = try await RawClient(port: port)
            #expect(await third.readToEnd().isEmpty)
            // A stream is no HTTP connection any more.
            try await open[0].send(Self.upgrade)
            #expect(await open[0].read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 101"))
            let fourth = try await RawClient(port: port)
            try await fourth.send("GET /ready HTTP/1.1\r\nHost: router\r\nConnection: close\r\n\r\n")
            #expect(await fourth.readToEnd().hasPrefix("HTTP/1.1 200"))
            for client in open { await client.close() }
        }
    }

    @Test("random bytes never bring the server down")
    func fuzz() async throws {
        try await RouterFixture().serve { server async throws in
            let port = try #require(server.port)
            var random = SeededGenerator(seed: 7)
            let pieces = [
                "GET ", "POST ", "/laml/inbound", "/media-stream", " HTTP/1.1", "\r\n", "\r\n\r\n", "Host: a",
                "Upgrade: websocket",
                "Connection: upgrade", "Content-Length: 3", "Transfer-Encoding: chunked", "Sec-WebSocket-Version: 13",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "\u{0}", "5\r\nabcde\r\n", "0\r\n\r\n", "é",
            ]
            for _ in 0..<200 {
                let count = Int.random(in: 1...12, using: &random)
                let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
                let client = try await RawClient(port: port)
                try? await client.send(text)
                await client.close()
            }
            let response = try await server.executeRequest(uri: "/ready", method: .get, headers: [:], body: nil)
            #expect(response.status == .ok)
        }
    }
}
