/// How the carrier reaches this router: the base of every URL that it is given.
package struct PublicURL: Sendable, Equatable {
    private let address: WebAddress

    /// Accepts `https` and `wss`, and `http` and `ws` for loopback hosts; webhooks and streams each get their own.
    package init(_ text: String) throws(WebAddress.Fault) {
        self.init(try WebAddress(text, schemes: Self.schemes, loopbackSchemes: Self.loopbackSchemes))
    }

    init(_ address: WebAddress) { self.address = address }

    static let schemes = ["https", "wss"]
    static let loopbackSchemes = ["http", "ws"]

    private var isEncrypted: Bool { Self.schemes.contains(self.address.scheme) }

    /// The carrier runs on this machine: a stand-in.
    package var isLoopback: Bool { self.address.isLoopback }

    /// The path that the public URL has and this router's routes have not.
    package var prefix: PathPrefix { PathPrefix(self.address.path) }

    /// The URL of a webhook or document; `path` begins with a slash.
    package func web(_ path: String) -> String {
        self.address.string(scheme: self.isEncrypted ? "https" : "http") + path
    }

    /// The URL of a stream; `path` begins with a slash.
    package func stream(_ path: String) -> String {
        self.address.string(scheme: self.isEncrypted ? "wss" : "ws") + path
    }
}
