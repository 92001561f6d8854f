import NIOCore

/// What happens on a WebSocket of a stand-in.
package enum SocketEvent: Sendable {
    /// A whole text message.
    case text(ByteBuffer)
    /// A whole binary message, which no protocol here has a use for.
    case binary(byteCount: Int)
    /// The socket is gone. Comes once, and last.
    case closed(SocketClose)
}

/// How a WebSocket ended, as seen from here.
package struct SocketClose: Sendable, Equatable {
    /// The code that the peer sent, or nil where TCP ended without a close frame of the peer.
    package var code: UInt16?
    package var reason: String
    /// The peer sent its close frame first, or dropped the connection.
    package var byPeer: Bool
    /// A breach of RFC 6455 by the peer, for which this side closed the socket.
    package var violation: String?

    package init(code: UInt16?, reason: String, byPeer: Bool, violation: String? = nil) {
        self.code = code
        self.reason = reason
        self.byPeer = byPeer
        self.violation = violation
    }
}
