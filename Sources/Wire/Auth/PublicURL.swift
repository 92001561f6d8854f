import Foundation

/// The ways in which a signer may have spelled the URL that it called.
enum PublicURL {
    private static let defaultPorts = ["http": "80", "ws": "80", "https": "443", "wss": "443"]
    private static let otherSchemes = ["http": "ws", "ws": "http", "https": "wss", "wss": "https"]

    /// `url` without a port, with one (its own, else its scheme's default), and as it is.
    ///
    /// What is no absolute URL with a scheme that we know comes back as it is.
    static func spellings(of url: String) -> [String] {
        guard let parts = Self.parts(of: url), let defaultPort = Self.defaultPorts[parts.scheme.lowercased()] else {
            return [url]
        }
        let bare = "\(parts.scheme)://\(parts.host)"
        let spellings = ["\(bare)\(parts.rest)", "\(bare):\(parts.port ?? defaultPort)\(parts.rest)"]
        return spellings.contains(url) ? spellings : [url] + spellings
    }

    /// `url` with http for ws, https for wss, and the other way round.
    static func withOtherScheme(_ url: String) -> String {
        guard let end = url.range(of: "://")?.lowerBound, let other = Self.otherSchemes[url[..<end].lowercased()] else {
            return url
        }
        return other + url[end...]
    }

    /// The first value of `name` in the query of `url`, as it stands there.
    static func queryValue(_ name: String, of url: String) -> String? {
        guard let start = url.firstIndex(of: "?") else { return nil }
        let query = url[url.index(after: start)...].prefix { $0 != "#" }
        for field in query.split(separator: "&") where field.hasPrefix("\(name)=") {
            return String(field.dropFirst(name.count + 1))
        }
        return nil
    }

    /// Scheme, host (with user information), port and what follows the authority.
    private static func parts(of url: String) -> (scheme: String, host: String, port: String?, rest: String)? {
        guard let separator = url.range(of: "://") else { return nil }
        let scheme = String(url[..<separator.lowerBound])
        let authorityEnd = url[separator.upperBound...].firstIndex { "/?#".contains($0) } ?? url.endIndex
        let authority = url[separator.upperBound..<authorityEnd]
        let rest = String(url[authorityEnd...])
        // A colon within brackets belongs to an IPv6 address, one before an @ to a password.
        guard let colon = authority.lastIndex(of: ":"), authority[colon...].dropFirst().allSatisfy(\.isNumber) else {
            return (scheme, String(authority), nil, rest)
        }
        let port = String(authority[authority.index(after: colon)...])
        return (scheme, String(authority[..<colon]), port.isEmpty ? nil : port, rest)
    }
}
