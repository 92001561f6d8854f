import NIOCore
import NIOWebSocket

/// One WebSocket of a stand-in, server or client side, on SwiftNIO's own frame codec.
///
/// May be used from anywhere.
package struct StandInSocket: Sendable {
    package enum Side: Sendable { case server, client }

    private let channel: any Channel
    private let side: Side

    /// Puts a handler for a channel that has been upgraded to WebSocket in place, on the channel's loop.
    ///
    /// `receive` is called on the channel's loop for everything that happens, in order. Throws where the channel is
    /// closed already.
    package static func install(
        on channel: any Channel,
        side: Side,
        receive: @escaping @Sendable (SocketEvent) -> Void
    ) throws -> StandInSocket {
        try channel.pipeline.syncOperations.addHandler(SocketHandler(side: side, receive: receive))
        return StandInSocket(channel: channel, side: side)
    }

    package var eventLoop: any EventLoop { self.channel.eventLoop }

    /// Sends one text message and flushes it.
    package func send(_ text: ByteBuffer) {
        self.write(.text, text)
    }

    package func send(_ message: StandInJSON) {
        self.send(message.buffer)
    }

    /// Sends one binary message, which every peer here must survive.
    package func send(binary: ByteBuffer) {
        self.write(.binary, binary)
    }

    package func ping() {
        self.write(.ping, ByteBuffer(string: "stand-in"))
    }

    /// Sends a close frame; the socket ends with the peer's, or after 2 s without one.
    package func close(code: UInt16, reason: String) {
        var payload = ByteBuffer()
        payload.writeInteger(code)
        payload.writeString(reason)
        self.write(.connectionClose, payload)
        let channel = self.channel
        channel.eventLoop.scheduleTask(in: .seconds(2)) { channel.close(promise: nil) }
    }

    /// Drops the TCP connection without a close frame, as a broken network or a killed process does.
    package func abort() {
        self.channel.close(promise: nil)
    }

    /// Stops and resumes reading, as a peer that is too slow does: what is sent to it piles up.
    package func setReading(_ isReading: Bool) {
        self.channel.setOption(.autoRead, value: isReading).whenComplete { _ in }
        if isReading { self.channel.read() }
    }

    private func write(_ opcode: WebSocketOpcode, _ payload: ByteBuffer) {
        let frame = WebSocketFrame(
            fin: true,
            opcode: opcode,
            maskKey: self.side == .client ? .random() : nil,
            data: payload
        )
        self.channel.writeAndFlush(frame, promise: nil)
    }
}
