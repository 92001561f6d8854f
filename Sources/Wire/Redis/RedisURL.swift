import Foundation

/// The parts of `redis://[user[:password]]@host[:port][/database]`; `rediss` is the same with TLS.
///
/// User and password may be percent-encoded. A query is not used, as other clients put settings of their own there.
package struct RedisURL: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package var isSecure: Bool
    /// Name or address, an IPv6 address without its brackets.
    package var host: String
    /// 6379 where the URL names none.
    package var port: Int
    /// nil: the default user.
    package var user: String?
    /// nil: no sign-in.
    package var password: String?
    package var database: Int

    /// Takes a URL apart; throws ``RedisError/badURL(_:)`` with what is wrong with it.
    package init(_ url: String) throws(RedisError) {
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw .badURL("it holds a space, a control character or something outside ASCII")
        }
        guard let schemeEnd = url.firstRange(of: "://") else { throw .badURL("it has no scheme") }
        switch url[..<schemeEnd.lowerBound].lowercased() {
        case "redis": self.isSecure = false
        case "rediss": self.isSecure = true
        default: throw .badURL("its scheme is neither redis nor rediss")
        }
        let rest = url[schemeEnd.upperBound...].prefix { $0 != "?" && $0 != "#" }
        // A password that was not encoded may hold a slash or an at sign: the last at sign ends it.
        let credentials = rest.lastIndex(of: "@").map { rest[..<$0] }
        let place = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        let authority = place.prefix { $0 != "/" }
        (self.user, self.password) = try Self.credentials(credentials)
        (self.host, self.port) = try Self.place(authority)
        self.database = try Self.database(place.dropFirst(authority.count + 1))
    }

    /// Host, port and database; nothing of the credentials.
    package var description: String {
        let host = self.host.contains(":") ? "[\(self.host)]" : self.host
        return "\(self.isSecure ? "rediss" : "redis")://\(host):\(self.port)/\(self.database)"
    }

    package var customMirror: Mirror { Mirror(self, children: []) }

    private static func credentials(_ text: Substring?) throws(RedisError) -> (String?, String?) {
        guard let text, !text.isEmpty else { return (nil, nil) }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let decoded = parts.map { String($0).removingPercentEncoding }
        guard !decoded.contains(nil) else { throw .badURL("its user or password has a broken percent sign") }
        let user = decoded.first.flatMap(\.self).flatMap { $0.isEmpty ? nil : $0 }
        let password = decoded.dropFirst().first.flatMap(\.self).flatMap { $0.isEmpty ? nil : $0 }
        return (user, password)
    }

    private static func place(_ authority: Substring) throws(RedisError) -> (String, Int) {
        var host = authority
        var port: Substring?
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else { throw .badURL("its address lacks a closing bracket") }
            host = authority[authority.index(after: authority.startIndex)..<end]
            let rest = authority[authority.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else {
                throw .badURL("something stands between its address and its port")
            }
            port = rest.isEmpty ? nil : rest.dropFirst()
        } else if let colon = authority.firstIndex(of: ":") {
            host = authority[..<colon]
            port = authority[authority.index(after: colon)...]
        }
        guard !host.isEmpty else { throw .badURL("it has no host") }
        guard let port, !port.isEmpty else { return (String(host), 6379) }
        guard port.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(port), 1...65535 ~= number else {
            throw .badURL("its port is not between 1 and 65535")
        }
        return (String(host), number)
    }

    private static func database(_ text: Substring) throws(RedisError) -> Int {
        guard !text.isEmpty else { return 0 }
        guard text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text), number <= 65535 else {
            throw .badURL("its database is no number")
        }
        return number
    }
}
