import NIOCore

/// Turns the bytes of a peer into whole messages: fragments joined, unmasked, UTF-8 checked, every rule of RFC 6455
/// enforced.
///
/// Bytes go in as they are read, events come out until there is none. It holds at most a message of the limit, a header
/// (14 bytes) and what one read brought beyond them. After a close frame or a breach it takes nothing more.
package struct WebSocketFrameParser {
    /// What arrived.
    package enum Event: Equatable {
        /// A whole text message, well-formed UTF-8; shares its storage with the parser's until either is changed.
        case text(ByteBuffer)
        /// A whole binary message; only its length is kept.
        case binary(byteCount: Int)
        case ping(ByteBuffer)
        case pong
        /// The peer's close frame; nothing follows.
        case close(code: UInt16?, reason: String)
        /// The peer broke a rule; nothing follows.
        case breach(WebSocketBreach)
    }

    /// A fragmented message under way.
    private enum Message {
        case text(ByteBuffer, UTF8Validator)
        case binary(byteCount: Int)

        var byteCount: Int {
            switch self {
            case .text(let buffer, _): buffer.readableBytes
            case .binary(let byteCount): byteCount
            }
        }
    }

    /// Messages up to this size are unmasked into a buffer that is used again once the receiver has let go of it.
    private static let maxScratchByteCount = 4096
    /// A 20 ms media message is about 300 bytes.
    private static let minScratchByteCount = 512

    private let role: WebSocketRole
    private let limit: Int
    private var bytes = ByteBuffer()
    /// `bytes` is what was read last, in the channel's own buffer.
    private var bytesAreShared = false
    /// Where payloads are unmasked to.
    var scratch: LoopScratch
    private var message: Message?
    private var isOver = false

    /// - Parameters:
    ///   - role: Our own role.
    ///   - maxMessageByteCount: Limit of a whole message, of whatever number of fragments.
    package init(role: WebSocketRole, maxMessageByteCount: Int) {
        self.role = role
        self.scratch = LoopScratch()
        self.limit = maxMessageByteCount
    }

    /// Bytes that wait for the rest of their frame, and fragments that wait for the rest of their message.
    package var bufferedByteCount: Int {
        switch self.message {
        case .text(let buffer, _): self.bytes.readableBytes + buffer.readableBytes
        case .binary, nil: self.bytes.readableBytes
        }
    }

    /// Takes what was read.
    package mutating func append(_ read: ByteBuffer) {
        if self.isOver { return }
        guard self.bytes.readableBytes > 0 else {
            self.bytes = read
            self.bytesAreShared = true
            return
        }
        self.bytes.discardReadBytes()
        self.bytes.writeImmutableBuffer(read)
    }

    /// The next event, or nil until more bytes are there.
    package mutating func next() -> Event? {
        while !self.isOver {
            switch self.parseHeader() {
            case .incomplete: return nil
            case .breach(let breach): return self.fail(breach)
            case .header(let header):
                guard self.bytes.readableBytes >= header.headerByteCount + header.payloadByteCount else { return nil }
                let event = self.takeFrame(header)
                if self.bytes.readableBytes == 0 { self.bytes = ByteBuffer() }  // Lets go of it.
                if let event { return event }
            }
        }
        return nil
    }

    /// Lets go of the read buffer: keeps a copy of the frame that began in it, so that the next read finds it free.
    package mutating func letGoOfRead() {
        guard self.bytes.readableBytes > 0, self.bytesAreShared else { return }
        self.bytesAreShared = false
        self.bytes = ByteBuffer(bytes: self.bytes.readableBytesView)
    }

    private func parseHeader() -> WebSocketFrameHeader.Outcome {
        let room = self.limit - (self.message?.byteCount ?? 0)
        return self.bytes.withUnsafeReadableBytes { bytes in
            WebSocketFrameHeader.parse(
                bytes,
                receiver: self.role,
                isInsideMessage: self.message != nil,
                room: room,
                limit: self.limit
            )
        }
    }

    /// Consumes a frame that is there as a whole; nil for a fragment that does not end its message.
    private mutating func takeFrame(_ header: WebSocketFrameHeader) -> Event? {
        self.bytes.moveReaderIndex(forwardBy: header.headerByteCount)
        switch header.operation {
        case .text where header.isFinal: return self.takeText(header)
        case .binary where header.isFinal:
            self.bytes.moveReaderIndex(forwardBy: header.payloadByteCount)
            return .binary(byteCount: header.payloadByteCount)
        case .text:
            self.message = .text(ByteBuffer(), UTF8Validator())
            return self.takeFragment(header)
        case .binary:
            self.message = .binary(byteCount: 0)
            return self.takeFragment(header)
        case .continuation: return self.takeFragment(header)
        case .ping: return .ping(self.takeControlPayload(header))
        case .pong:
            self.bytes.moveReaderIndex(forwardBy: header.payloadByteCount)
            return .pong
        case .close: return self.takeClose(header)
        }
    }

    private mutating func takeText(_ header: WebSocketFrameHeader) -> Event {
        let text: ByteBuffer
        if let mask = header.mask {
            text = self.takeUnmasked(header.payloadByteCount, mask)
        } else {
            text = self.bytes.readSlice(length: header.payloadByteCount) ?? ByteBuffer()
        }
        guard text.withUnsafeReadableBytes({ UTF8Validator.isValid($0) }) else { return self.fail(.notUTF8) }
        return .text(text)
    }

    /// Reads and unmasks `count` bytes in one pass: into the scratch buffer where it is free, else into a new one.
    ///
    /// The read buffer itself belongs to the channel's pool as well, so unmasking in it would copy all of it first.
    private mutating func takeUnmasked(_ count: Int, _ mask: WebSocketMask) -> ByteBuffer {
        guard count <= Self.maxScratchByteCount else {
            var payload = ByteBuffer()
            self.moveUnmasked(count, mask, to: &payload)
            return payload
        }
        // Leaves its place while it is written, so that its storage is referenced once, unless a receiver kept it.
        var scratch = self.scratch.unmasked
        self.scratch.unmasked = ByteBuffer()
        scratch.clear(minimumCapacity: max(count, Self.minScratchByteCount))
        self.moveUnmasked(count, mask, to: &scratch)
        self.scratch.unmasked = scratch
        return scratch
    }

    /// Consumes `count` bytes and appends them to `buffer`, unmasked where there is a mask.
    private mutating func moveUnmasked(_ count: Int, _ mask: WebSocketMask?, to buffer: inout ByteBuffer) {
        self.bytes.withUnsafeReadableBytes { bytes in
            let payload = UnsafeRawBufferPointer(rebasing: bytes[..<count])
            if let mask { mask.append(payload, to: &buffer) } else { buffer.writeBytes(payload) }
        }
        self.bytes.moveReaderIndex(forwardBy: count)
    }

    private mutating func takeFragment(_ header: WebSocketFrameHeader) -> Event? {
        let count = header.payloadByteCount
        // The message leaves its place while it is changed, so that its storage stays uniquely referenced.
        switch self.message.take() {
        case .text(var buffer, var validator):
            let start = buffer.readableBytes
            self.moveUnmasked(count, header.mask, to: &buffer)
            let isValid = buffer.withUnsafeReadableBytes { bytes in
                validator.append(UnsafeRawBufferPointer(rebasing: bytes[start...]))
            }
            guard isValid, validator.isComplete || !header.isFinal else { return self.fail(.notUTF8) }
            if header.isFinal { return .text(buffer) }
            self.message = .text(buffer, validator)
        case .binary(let byteCount):
            self.bytes.moveReaderIndex(forwardBy: count)
            if header.isFinal { return .binary(byteCount: byteCount + count) }
            self.message = .binary(byteCount: byteCount + count)
        case nil: return self.fail(.strayContinuation)
        }
        return nil
    }

    private mutating func takeControlPayload(_ header: WebSocketFrameHeader) -> ByteBuffer {
        var payload = ByteBuffer()
        self.moveUnmasked(header.payloadByteCount, header.mask, to: &payload)
        return payload
    }

    private mutating func takeClose(_ header: WebSocketFrameHeader) -> Event {
        var payload = self.takeControlPayload(header)
        if payload.readableBytes == 0 {
            self.finish()
            return .close(code: nil, reason: "")
        }
        guard let code = payload.readInteger(as: UInt16.self) else { return self.fail(.closePayload) }
        guard WebSocketCloseCode.isSendable(code) else { return self.fail(.closeCode) }
        guard payload.withUnsafeReadableBytes({ UTF8Validator.isValid($0) }) else { return self.fail(.closeReason) }
        self.finish()
        return .close(code: code, reason: String(buffer: payload))
    }

    private mutating func fail(_ breach: WebSocketBreach) -> Event {
        self.finish()
        return .breach(breach)
    }

    private mutating func finish() {
        self.isOver = true
        self.bytes = ByteBuffer()
        self.message = nil
    }
}
