/// The header of one frame (RFC 6455 §5.2), with every rule checked that needs nothing but the header itself.
struct WebSocketFrameHeader: Sendable, Equatable {
    enum Outcome: Sendable, Equatable {
        case header(WebSocketFrameHeader)
        /// The bytes end inside the header.
        case incomplete
        case breach(WebSocketBreach)
    }

    var isFinal: Bool
    var operation: WebSocketOperation
    /// nil for a frame without a mask.
    var mask: WebSocketMask?
    /// 2 to 14 bytes.
    var headerByteCount: Int
    var payloadByteCount: Int

    /// Reads the header at the start of `bytes`.
    ///
    /// - Parameters:
    ///   - bytes: What has arrived.
    ///   - receiver: Our role: a server takes masked frames only, a client unmasked ones only.
    ///   - isInsideMessage: A fragmented message has begun and not ended.
    ///   - room: The longest payload that a data frame may have now; known to be too long before the mask is there.
    ///   - limit: The limit of a message, for the words of the breach.
    /// - Returns: The header, or why there is none.
    static func parse(
        _ bytes: UnsafeRawBufferPointer,
        receiver: WebSocketRole,
        isInsideMessage: Bool,
        room: Int,
        limit: Int
    ) -> Outcome {
        guard bytes.count >= 2 else { return .incomplete }
        let first = bytes[0]
        let isMasked = bytes[1] & 0x80 != 0
        let shortLength = Int(bytes[1] & 0x7F)
        let isFinal = first & 0x80 != 0
        guard first & 0x70 == 0 else { return .breach(.reservedBits) }
        guard let operation = WebSocketOperation(rawValue: first & 0x0F) else { return .breach(.unknownOpcode) }
        if isMasked != (receiver == .server) { return .breach(receiver == .server ? .unmasked : .masked) }
        switch operation {
        case .close, .ping, .pong:
            guard isFinal else { return .breach(.fragmentedControl) }
            guard shortLength <= 125 else { return .breach(.longControl) }
        case .continuation:
            guard isInsideMessage else { return .breach(.strayContinuation) }
        case .text, .binary:
            guard !isInsideMessage else { return .breach(.interruptedMessage) }
        }

        var length = shortLength
        var index = 2
        switch shortLength {
        case 126:
            guard bytes.count >= 4 else { return .incomplete }
            length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            guard length >= 126 else { return .breach(.lengthNotMinimal) }
            index = 4
        case 127:
            guard bytes.count >= 10 else { return .incomplete }
            let long = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            guard long >> 63 == 0 else { return .breach(.lengthTopBit) }
            guard long > 0xFFFF else { return .breach(.lengthNotMinimal) }
            length = Int(long)
            index = 10
        default: break
        }
        if !operation.isControl, length > room { return .breach(.tooBig(limit: limit)) }

        var mask: WebSocketMask?
        if isMasked {
            guard bytes.count >= index + 4 else { return .incomplete }
            mask = WebSocketMask(key: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt32.self)))
            index += 4
        }
        return .header(
            Self(
                isFinal: isFinal,
                operation: operation,
                mask: mask,
                headerByteCount: index,
                payloadByteCount: length
            )
        )
    }
}
