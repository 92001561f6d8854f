import Hummingbird
import NIOCore

/// What a route knows of a request beyond the request itself.
struct RouterRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection: the client, or the nearest proxy.
    let peer: PeerAddress

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.peer = PeerAddress(source.channel.remoteAddress)
    }
}

/// The address of a peer without its port.
struct PeerAddress: Sendable, Hashable {
    /// The textual address; empty where there is none, as on a Unix domain socket.
    let text: String
    /// The peer runs on this machine.
    let isLoopback: Bool

    init(_ address: SocketAddress?) {
        guard let ip = address?.ipAddress else {
            self.text = ""
            if case .unixDomainSocket = address { self.isLoopback = true } else { self.isLoopback = false }
            return
        }
        // An IPv4 peer of a socket that listens on IPv6 (RFC 4291 §2.5.5.2).
        let plain = ip.lowercased().hasPrefix("::ffff:") ? String(ip.dropFirst(7)) : ip
        self.text = plain
        self.isLoopback = WebAddress.isLoopback(host: plain)
    }
}
