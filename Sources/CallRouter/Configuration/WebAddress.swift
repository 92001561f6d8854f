import Foundation

/// An absolute URL of a server: scheme, host, port and path; without credentials, query or fragment.
package struct WebAddress: Sendable, Equatable {
    /// Why a text is not such a URL; never quotes the text, which may hold credentials.
    package struct Fault: Error, Equatable {
        package let reason: String
    }

    package let scheme: String
    /// The host as it is written in the URL, an IPv6 address in brackets.
    package let host: String
    package let port: Int?
    /// Empty, or with a leading and without a trailing slash.
    package let path: String

    /// Puts an address together that is known to be right.
    init(scheme: String, host: String, port: Int?, path: String) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.path = path
    }

    /// Reads and checks a URL.
    ///
    /// - Parameters:
    ///   - text: The URL.
    ///   - schemes: Lower-case schemes that are allowed for every host.
    ///   - loopbackSchemes: Schemes without encryption, allowed where the host is this machine.
    /// - Throws: ``Fault``, which says what is wrong with the URL.
    package init(_ text: String, schemes: [String], loopbackSchemes: [String]) throws(Fault) {
        let allowed = (schemes + loopbackSchemes).map { "\($0)://" }.joined(separator: ", ")
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
            let host = parts.encodedHost,
            !host.isEmpty
        else { throw Fault(reason: "it must be a URL that begins with one of \(allowed)") }
        guard schemes.contains(scheme) || loopbackSchemes.contains(scheme) else {
            throw Fault(reason: "it must begin with one of \(allowed)")
        }
        guard schemes.contains(scheme) || Self.isLoopback(host: host) else {
            let encrypted = schemes.map { "\($0)://" }.joined(separator: " or ")
            throw Fault(reason: "\(scheme):// is for loopback hosts only; use \(encrypted)")
        }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
            throw Fault(reason: "it must have no credentials, no query and no fragment")
        }
        guard parts.port.map({ (1...65535).contains($0) }) ?? true else {
            throw Fault(reason: "its port is impossible")
        }
        self.scheme = scheme
        self.host = host
        self.port = parts.port
        self.path = PathPrefix(parts.percentEncodedPath).path
    }

    /// The host is this machine: `localhost`, 127.0.0.0/8 (RFC 1122 §3.2.1.3) or ::1 (RFC 4291 §2.5.3).
    package var isLoopback: Bool { Self.isLoopback(host: self.host) }

    /// The URL under another scheme, without a trailing slash.
    package func string(scheme: String) -> String {
        "\(scheme)://\(self.host)\(self.port.map { ":\($0)" } ?? "")\(self.path)"
    }

    /// The URL, without a trailing slash.
    package var string: String { self.string(scheme: self.scheme) }

    /// Says whether a host, with or without brackets, is this machine.
    package static func isLoopback(host: String) -> Bool {
        let host = host.lowercased()
        if host == "localhost" || host.hasSuffix(".localhost") || host == "::1" || host == "[::1]" { return true }
        let numbers = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return numbers.count == 4 && numbers.first == 127 && !numbers.contains(nil)
    }
}

extension URLComponents {
    /// The host with the brackets of an IPv6 address, however Foundation gives it.
    fileprivate var encodedHost: String? {
        guard let host = self.percentEncodedHost else { return nil }
        return host.contains(":") && !host.hasPrefix("[") ? "[\(host)]" : host
    }
}
