import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Writes a response: small ones in one piece, large ones in pieces that wait for the peer.
struct HTTPResponseBodyWriter: ResponseBodyWriter {
    /// Up to so many bytes are gathered before they are written: the size of NIO's write buffer high-water mark.
    static let pieceByteCount = 64 * 1024

    let connection: HTTPConnection
    private var head: HTTPResponseHead?
    private var pending = ByteBuffer()
    private let keepsAlive: Bool
    /// Nothing is gathered: the peer waits for each part.
    private let isLive: Bool

    init(connection: HTTPConnection, head: HTTPResponseHead, keepsAlive: Bool, isLive: Bool) {
        self.connection = connection
        self.head = head
        self.keepsAlive = keepsAlive
        self.isLive = isLive
    }

    mutating func write(_ buffer: ByteBuffer) async throws {
        self.pending.writeImmutableBuffer(buffer)
        guard self.isLive || self.pending.readableBytes >= Self.pieceByteCount else { return }
        try await self.connection.write(head: self.head, body: self.pending, isLast: false, keepsAlive: self.keepsAlive)
        self.head = nil
        self.pending.clear()
    }

    consuming func finish(_ trailingHeaders: HTTPFields?) async throws {
        try await self.connection.write(head: self.head, body: self.pending, isLast: true, keepsAlive: self.keepsAlive)
    }
}
