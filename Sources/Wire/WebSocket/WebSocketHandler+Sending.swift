import NIOCore

extension WebSocketHandler {
    /// Queues `text`, UTF-8, as one message; nothing leaves before ``flush()``.
    package func send(text: ByteBuffer) {
        self.send(byteCount: text.readableBytes) { $0.writeImmutableBuffer(text) }
    }

    /// Queues `text` as one message.
    package func send(text: String) {
        self.send(byteCount: text.utf8.count) { $0.writeString(text) }
    }

    /// Queues one message of three parts: constant text around `middle`.
    package func send(prefix: StaticString, _ middle: ByteBuffer, suffix: StaticString) {
        let byteCount = prefix.utf8CodeUnitCount + middle.readableBytes + suffix.utf8CodeUnitCount
        self.send(byteCount: byteCount) { frame in
            frame.writeStaticString(prefix)
            frame.writeImmutableBuffer(middle)
            frame.writeStaticString(suffix)
        }
    }

    /// Queues one message of three parts.
    package func send(parts first: ByteBuffer, _ second: ByteBuffer, _ third: ByteBuffer) {
        let byteCount = first.readableBytes + second.readableBytes + third.readableBytes
        self.send(byteCount: byteCount) { frame in
            frame.writeImmutableBuffer(first)
            frame.writeImmutableBuffer(second)
            frame.writeImmutableBuffer(third)
        }
    }
}
