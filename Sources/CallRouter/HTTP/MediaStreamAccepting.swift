import NIOCore
import NIOHTTP1

/// Decides about WebSocket upgrades and installs the media stream on the upgraded channel.
///
/// Both methods are called on the channel's event loop and return at once. In `head.uri` the path prefix of
/// `PUBLIC_URL` is taken off, so that it is `/` or `/media-stream`, with the query where there is one.
package protocol MediaStreamAccepting: Sendable {
    /// Says whether the upgrade may go ahead; the handshake itself is known to be in order.
    func decide(_ head: HTTPRequestHead, remoteAddress: SocketAddress?) -> UpgradeDecision
    /// Adds the stream's handlers at the end of the pipeline of `channel`, which now carries raw WebSocket bytes.
    ///
    /// The `101 Switching Protocols` answer is written already; what it throws closes the channel.
    func install(on channel: any Channel, head: HTTPRequestHead, remoteAddress: SocketAddress?) throws
}

/// What becomes of a WebSocket upgrade.
package enum UpgradeDecision: Sendable, Equatable {
    case accept
    /// The upgrade is answered with this status as plain HTTP, and the connection is closed.
    case reject(HTTPResponseStatus)
}
