/// The parts of a `ws://` or `wss://` URL (RFC 6455 §3).
package struct WebSocketURL: Sendable, Equatable {
    package var isSecure: Bool
    /// Name or address, an IPv6 address without its brackets.
    package var host: String
    /// 80 for ws, 443 for wss where the URL names none.
    package var port: Int
    /// Path and query as given, `/` where there is none.
    package var target: String

    /// Takes a URL apart; throws ``WebSocketConnectError/badURL(_:)`` with what is wrong with it.
    package init(_ url: String) throws(WebSocketConnectError) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badURL("it holds a space, a control character or something outside ASCII")
        }
        guard let schemeEnd = url.firstRange(of: "://") else { throw .badURL("it has no scheme") }
        switch url[..<schemeEnd.lowerBound].lowercased() {
        case "ws": self.isSecure = false
        case "wss": self.isSecure = true
        default: throw .badURL("its scheme is neither ws nor wss")
        }
        let rest = url[schemeEnd.upperBound...]
        guard !rest.contains("#") else { throw .badURL("a WebSocket URL has no fragment") }
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        let authority = rest[..<authorityEnd]
        let target = rest[authorityEnd...]
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
        guard !authority.contains("@") else { throw .badURL("it holds a user name; use a header for credentials") }
        let (host, port) = try Self.split(authority)
        guard !host.isEmpty else { throw .badURL("it has no host") }
        self.host = String(host)
        guard let port else {
            self.port = self.isSecure ? 443 : 80
            return
        }
        guard port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), 1...65535 ~= number else {
            throw .badURL("its port is not between 1 and 65535")
        }
        self.port = number
    }

    /// The value of the `Host` header: the port only where it is not the scheme's own.
    package var hostHeader: String {
        let name = self.host.contains(":") ? "[\(self.host)]" : self.host
        return self.port == (self.isSecure ? 443 : 80) ? name : "\(name):\(self.port)"
    }

    /// Splits `host:port`, `[v6]:port` and both without port.
    private static func split(_ authority: Substring) throws(WebSocketConnectError) -> (Substring, Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .badURL("its address lacks a closing bracket") }
            let host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            if rest.isEmpty { return (host, nil) }
            guard rest.hasPrefix(":") else { throw .badURL("something stands between its address and its port") }
            return (host, rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority, nil) }
        return (authority[..<colon], authority[authority.index(after: colon)...])
    }
}
