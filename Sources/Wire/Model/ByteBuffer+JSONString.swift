import NIOCore

extension ByteBuffer {
    /// Appends `text` as a JSON string with its quotes (RFC 8259 §7): quotes, backslashes and control characters are
    /// escaped, everything else stays as it is.
    mutating func writeJSONString(_ text: String) {
        self.reserveCapacity(minimumWritableBytes: text.utf8.count + 2)
        self.writeInteger(UInt8(ascii: "\""))
        let written: Void? = text.utf8.withContiguousStorageIfAvailable {
            self.writeEscaped(UnsafeRawBufferPointer($0))
        }
        if written == nil { Array(text.utf8).withUnsafeBytes { self.writeEscaped($0) } }
        self.writeInteger(UInt8(ascii: "\""))
    }

    /// Copies what needs no escape in runs.
    private mutating func writeEscaped(_ bytes: UnsafeRawBufferPointer) {
        var start = 0
        for index in bytes.indices where Self.needsEscape(bytes[index]) {
            self.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start..<index]))
            self.writeEscape(of: bytes[index])
            start = index + 1
        }
        self.writeBytes(UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }

    private static func needsEscape(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private mutating func writeEscape(of byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""): self.writeStaticString("\\\"")
        case UInt8(ascii: "\\"): self.writeStaticString("\\\\")
        case 0x08: self.writeStaticString("\\b")
        case 0x09: self.writeStaticString("\\t")
        case 0x0A: self.writeStaticString("\\n")
        case 0x0C: self.writeStaticString("\\f")
        case 0x0D: self.writeStaticString("\\r")
        default:
            self.writeStaticString("\\u00")
            self.writeInteger(Self.hexadecimalDigit(byte >> 4))
            self.writeInteger(Self.hexadecimalDigit(byte & 0x0F))
        }
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
