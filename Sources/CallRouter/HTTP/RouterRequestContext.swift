import Foundation
import Hummingbird
import NIOCore

/// What a route knows of a request beyond the request itself.
struct RouterRequestContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The other end of the connection: the client, or the nearest proxy.
    let peer: PeerAddress
    /// The connection that the request came on.
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        self.coreContext = .init(source: source)
        self.peer = PeerAddress(source.channel.remoteAddress)
        self.channel = source.channel
    }

    /// The call that the path names.
    var callID: String { get throws { try self.pathParameter("callId") } }

    /// A part of the path with its percent codes taken for what they mean; a wrong code stays as it is.
    func pathParameter(_ name: String) throws -> String {
        let text = try self.parameters.require(name)
        return text.removingPercentEncoding ?? text
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
