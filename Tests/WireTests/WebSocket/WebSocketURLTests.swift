import Testing
import Wire

@Suite struct WebSocketURLTests {
    @Test("host, port, path and query are kept, and missing ports are the scheme's")
    func parts() throws {
        let model = try WebSocketURL("wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1&x=%20")
        #expect(model.isSecure)
        #expect(model.host == "api.openai.com")
        #expect(model.port == 443)
        #expect(model.target == "/v1/realtime?model=gpt-realtime-2.1&x=%20")
        #expect(model.hostHeader == "api.openai.com")

        let local = try WebSocketURL("WS://127.0.0.1:8080")
        #expect(!local.isSecure)
        #expect(local.port == 8080)
        #expect(local.target == "/")
        #expect(local.hostHeader == "127.0.0.1:8080")

        #expect(try WebSocketURL("ws://host").port == 80)
        #expect(try WebSocketURL("ws://host:80").hostHeader == "host")
        #expect(try WebSocketURL("wss://host:80").hostHeader == "host:80")
        #expect(try WebSocketURL("ws://host?a=b/c").target == "/?a=b/c")
    }

    @Test("IPv6 addresses stand in brackets")
    func addresses() throws {
        let plain = try WebSocketURL("ws://[::1]/x")
        #expect(plain.host == "::1")
        #expect(plain.port == 80)
        #expect(plain.hostHeader == "[::1]")
        let port = try WebSocketURL("wss://[fe80::1]:9000")
        #expect(port.host == "fe80::1")
        #expect(port.port == 9000)
        #expect(port.hostHeader == "[fe80::1]:9000")
    }

    @Test(
        "what is no WebSocket URL is refused, and the message does not repeat it",
        arguments: [
            "", "host", "http://host/", "://host", "wss://", "ws:///path", "ws://:80/", "ws://host:0",
            "ws://host:65536",
            "ws://host:", "ws://host:+1", "ws://host:8a", "ws://user:secret@host/", "ws://host/#part", "ws://ho st/",
            "ws://host/\r\nX: y", "ws://höst/", "ws://[::1", "ws://[::1]x", "ws://[]/",
        ]
    )
    func bad(url: String) {
        do throws(WebSocketConnectError) {
            _ = try WebSocketURL(url)
            Issue.record("accepted \(url)")
        } catch {
            guard case .badURL(let reason) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(!reason.isEmpty)
            #expect(!error.description.contains("secret"))
        }
    }
}
