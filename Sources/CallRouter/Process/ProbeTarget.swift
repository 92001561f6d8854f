/// The address of a router that is probed.
struct ProbeTarget: Sendable, Equatable {
    /// Why a text is no such address.
    struct Fault: Error, Equatable, CustomStringConvertible {
        let reason: String
        var description: String {
            "The address cannot be used: \(self.reason). Give for example wss://router.example.com."
        }
    }

    let stream: WebAddress
    /// The URL of `/health`.
    let healthURL: String

    /// Reads an address, with or without the path of the media streams.
    init(_ text: String) throws(Fault) {
        let address: WebAddress
        do {
            address = try WebAddress(text, schemes: ["wss", "ws"], loopbackSchemes: [])
        } catch {
            throw Fault(reason: error.reason)
        }
        let suffix = "/media-stream"
        let prefix = address.path.hasSuffix(suffix) ? String(address.path.dropLast(suffix.count)) : address.path
        let base = WebAddress(scheme: address.scheme, host: address.host, port: address.port, path: prefix)
        self.stream = WebAddress(scheme: address.scheme, host: address.host, port: address.port, path: prefix + suffix)
        self.healthURL = base.string(scheme: address.scheme == "wss" ? "https" : "http") + "/health"
    }
}
