/// How a WebSocket connection ended, as told to its delegate once.
package struct WebSocketClose: Sendable, Equatable {
    /// The code that the peer sent, or the one that we sent on a breach of theirs; nil where TCP ended without a close
    /// frame, or the peer sent one without a code.
    package var code: UInt16?
    /// The words beside the code, at most 123 bytes; without a code what ended the connection, where that is known.
    package var reason: String
    /// The peer closed first, or the connection broke; false where we closed or the peer broke the rules.
    package var initiatedByPeer: Bool

    package init(code: UInt16?, reason: String, initiatedByPeer: Bool) {
        self.code = code
        self.reason = reason
        self.initiatedByPeer = initiatedByPeer
    }
}
