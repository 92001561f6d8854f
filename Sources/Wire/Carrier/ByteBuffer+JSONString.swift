import NIOCore

extension ByteBuffer {
    /// Appends `text` as a JSON string with its quotes (RFC 8259 §7): quotes, backslashes and control characters are
    /// escaped, everything else stays as it is.
    mutating func writeJSONString(_ text: String) {
        self.writeInteger(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): self.writeStaticString("\\\"")
            case UInt8(ascii: "\\"): self.writeStaticString("\\\\")
            case ..<0x20:
                self.writeStaticString("\\u00")
                self.writeInteger(Self.hexadecimalDigit(byte >> 4))
                self.writeInteger(Self.hexadecimalDigit(byte & 0x0F))
            default: self.writeInteger(byte)
            }
        }
        self.writeInteger(UInt8(ascii: "\""))
    }

    private static func hexadecimalDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
