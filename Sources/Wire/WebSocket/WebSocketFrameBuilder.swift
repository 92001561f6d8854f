import NIOCore

/// Builds the frames that we send: one contiguous buffer each, masked where we are the client, never fragmented.
package struct WebSocketFrameBuilder {
    /// Longest reason that fits into a close frame behind its code (RFC 6455 §5.5: 125 bytes).
    private static let maxReasonByteCount = 123

    private let role: WebSocketRole
    private let allocator: ByteBufferAllocator
    /// Where the masking keys come from.
    var scratch = LoopScratch()

    package init(role: WebSocketRole, allocator: ByteBufferAllocator = ByteBufferAllocator()) {
        self.role = role
        self.allocator = allocator
    }

    /// A whole frame around what `write` appends.
    ///
    /// - Parameters:
    ///   - operation: What the frame carries.
    ///   - byteCount: Expected length of the payload; a wrong guess costs a copy and nothing else.
    ///   - write: Appends the payload; must leave what is in the buffer already alone.
    /// - Returns: Header and payload.
    package mutating func frame(
        _ operation: WebSocketOperation,
        byteCount: Int,
        _ write: (inout ByteBuffer) -> Void
    ) -> ByteBuffer {
        var frame = self.allocator.buffer(capacity: self.headerByteCount(payload: byteCount) + byteCount)
        self.append(operation, byteCount: byteCount, to: &frame, write)
        return frame
    }

    /// Appends a whole frame to `buffer`, around what `write` appends.
    ///
    /// - Parameters:
    ///   - operation: What the frame carries.
    ///   - byteCount: Expected length of the payload; a wrong guess costs a copy and nothing else.
    ///   - buffer: What is in it stays as it is.
    ///   - write: Appends the payload; must leave what is in the buffer already alone.
    package mutating func append(
        _ operation: WebSocketOperation,
        byteCount: Int,
        to buffer: inout ByteBuffer,
        _ write: (inout ByteBuffer) -> Void
    ) {
        let start = buffer.writerIndex
        let room = self.headerByteCount(payload: byteCount)
        buffer.reserveCapacity(minimumWritableBytes: room + byteCount)
        buffer.moveWriterIndex(forwardBy: room)
        write(&buffer)
        let length = buffer.writerIndex - start - room
        let needed = self.headerByteCount(payload: length)
        if needed != room, let payload = buffer.getBytes(at: start + room, length: length) {
            buffer.moveWriterIndex(to: start)
            buffer.reserveCapacity(minimumWritableBytes: needed + length)
            buffer.moveWriterIndex(forwardBy: needed)
            buffer.writeBytes(payload)
        }
        self.complete(&buffer, operation, start: start, length: length)
    }

    /// A whole frame around `payload`.
    package mutating func frame(_ operation: WebSocketOperation, _ payload: ByteBuffer) -> ByteBuffer {
        self.frame(operation, byteCount: payload.readableBytes) { $0.writeImmutableBuffer(payload) }
    }

    /// A close frame.
    ///
    /// - Parameters:
    ///   - code: nil, or a code that must not be sent, leaves the frame empty.
    ///   - reason: Cut at 123 bytes, between two characters.
    /// - Returns: Header and payload.
    package mutating func closeFrame(code: UInt16?, reason: String) -> ByteBuffer {
        guard let code, WebSocketCloseCode.isSendable(code) else { return self.frame(.close, ByteBuffer()) }
        let words = Self.truncated(reason)
        return self.frame(.close, byteCount: 2 + words.utf8.count) { frame in
            frame.writeInteger(code)
            frame.writeSubstring(words)
        }
    }

    /// The longest start of `reason` within 123 bytes that ends with a whole Unicode scalar.
    private static func truncated(_ reason: String) -> Substring {
        let utf8 = reason.utf8
        guard var end = utf8.index(utf8.startIndex, offsetBy: Self.maxReasonByteCount, limitedBy: utf8.endIndex) else {
            return reason[...]
        }
        // Continuation bytes are 10xxxxxx.
        while end < utf8.endIndex, end > utf8.startIndex, utf8[end] & 0xC0 == 0x80 { end = utf8.index(before: end) }
        return reason[..<end]
    }

    private func headerByteCount(payload: Int) -> Int {
        let length = payload < 126 ? 2 : payload <= 0xFFFF ? 4 : 10
        return self.role == .client ? length + 4 : length
    }

    /// Fills in the header of the frame at `start` and masks its payload.
    private mutating func complete(
        _ buffer: inout ByteBuffer,
        _ operation: WebSocketOperation,
        start: Int,
        length: Int
    ) {
        var index = start
        let maskBit: UInt8 = self.role == .client ? 0x80 : 0
        buffer.setInteger(0x80 | operation.rawValue, at: index)
        switch length {
        case ..<126:
            buffer.setInteger(maskBit | UInt8(length), at: index + 1)
            index += 2
        case ...0xFFFF:
            buffer.setInteger(maskBit | 126, at: index + 1)
            buffer.setInteger(UInt16(length), at: index + 2)
            index += 4
        default:
            buffer.setInteger(maskBit | 127, at: index + 1)
            buffer.setInteger(UInt64(length), at: index + 2)
            index += 10
        }
        guard self.role == .client else { return }
        let mask = self.scratch.maskingKeys.makeMask()
        buffer.setInteger(mask.key, at: index, endianness: .little)
        let payload = index + 4 - buffer.readerIndex
        buffer.withUnsafeMutableReadableBytes { bytes in
            mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: bytes[payload...]))
        }
    }
}
