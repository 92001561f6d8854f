import NIOCore

/// A masking key: the four bytes in the order in which they travel, the first one lowest (RFC 6455 §5.3).
///
/// Masking and unmasking are the same XOR, done eight bytes at a step.
package struct WebSocketMask: Sendable, Equatable {
    /// The four bytes as a little-endian number.
    package let key: UInt32

    package init(key: UInt32) { self.key = key }

    /// Masks `bytes` in place.
    package func apply(to bytes: UnsafeMutableRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        self.copy(UnsafeRawPointer(start), to: start, count: bytes.count)
    }

    /// Writes the masked bytes of `source` to `destination`; both may be the same place.
    func copy(_ source: UnsafeRawPointer, to destination: UnsafeMutableRawPointer, count: Int) {
        let word = (UInt64(self.key) | UInt64(self.key) << 32).littleEndian
        var index = 0
        while count &- index >= 8 {
            let masked = source.loadUnaligned(fromByteOffset: index, as: UInt64.self) ^ word
            destination.storeBytes(of: masked, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        while index < count {
            let byte = UInt8(truncatingIfNeeded: self.key &>> (UInt32(truncatingIfNeeded: index & 3) &* 8))
            let masked = source.load(fromByteOffset: index, as: UInt8.self) ^ byte
            destination.storeBytes(of: masked, toByteOffset: index, as: UInt8.self)
            index &+= 1
        }
    }

    /// Appends the masked form of `source` to `buffer` in one pass.
    func append(_ source: UnsafeRawBufferPointer, to buffer: inout ByteBuffer) {
        guard let start = source.baseAddress, !source.isEmpty else { return }
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: source.count) { room in
            guard let destination = room.baseAddress else { return 0 }
            self.copy(start, to: destination, count: source.count)
            return source.count
        }
    }
}
