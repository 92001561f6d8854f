import NIOCore

/// Takes what arrives on one WebSocket; called on the socket's event loop, and never from inside a call to the handler.
package protocol WebSocketDelegate: AnyObject {
    /// A whole text message, well-formed UTF-8.
    ///
    /// - Parameters:
    ///   - handler: The socket.
    ///   - text: May share its storage with the read buffer; keeping it costs the socket a new one.
    ///   - readAt: When the read that completed the message came from the kernel.
    func webSocket(_ handler: WebSocketHandler, received text: ByteBuffer, readAt: ContinuousClock.Instant)
    /// A whole binary message; its bytes are gone.
    func webSocketReceivedBinary(_ handler: WebSocketHandler, byteCount: Int)
    /// What was read has been handed over: a good moment to flush other sockets of the same loop.
    func webSocketReadComplete(_ handler: WebSocketHandler)
    /// More than 64 KiB wait to be written (false), or fewer than 32 KiB again (true).
    func webSocketWritabilityChanged(_ handler: WebSocketHandler, isWritable: Bool)
    /// The connection is over; called once, last, and the handler forgets the delegate afterwards.
    func webSocketClosed(_ handler: WebSocketHandler, _ close: WebSocketClose)
}
