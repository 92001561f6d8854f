import NIOCore

/// Base64 with the standard alphabet, padded and without line breaks (RFC 4648 §4), on byte buffers.
///
/// Carriers and voice models carry audio in this form. Reading is strict about alphabet, length and padding; the bits
/// that the last character has to spare are ignored, as RFC 4648 §3.5 allows.
package enum Base64 {
    /// The six-bit values in order.
    private static let alphabet: StaticString = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    private static let padding = UInt8(ascii: "=")
    /// What is no character of the alphabet; its high bits never occur in a six-bit value.
    private static let invalid: UInt8 = 0xFF
    /// The six-bit value of each byte, or `invalid`.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: Base64.invalid, count: 256)
        Base64.alphabet.withUTF8Buffer { alphabet in
            for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        }
        return values
    }()

    /// The length of the text of `byteCount` bytes: four characters for each three bytes begun.
    package static func encodedByteCount(of byteCount: Int) -> Int { (byteCount + 2) / 3 * 4 }

    /// Appends the text of the readable bytes of `bytes` to `text`.
    package static func encode(_ bytes: ByteBuffer, into text: inout ByteBuffer) {
        bytes.withUnsafeReadableBytes { Self.encode($0, into: &text) }
    }

    /// Appends the text of `bytes` to `text`, straight into its storage.
    package static func encode(_ bytes: UnsafeRawBufferPointer, into text: inout ByteBuffer) {
        let count = Self.encodedByteCount(of: bytes.count)
        text.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            Self.alphabet.withUTF8Buffer { Self.encode(bytes, into: target, alphabet: $0) }
            return count
        }
    }

    /// The text of `bytes` as a buffer of its own.
    package static func encode(_ bytes: ByteBuffer) -> ByteBuffer {
        var text = ByteBufferAllocator().buffer(capacity: Self.encodedByteCount(of: bytes.readableBytes))
        Self.encode(bytes, into: &text)
        return text
    }

    /// The length of what the readable bytes of `text` stand for; nil where length or padding are wrong.
    package static func decodedByteCount(of text: ByteBuffer) -> Int? {
        text.withUnsafeReadableBytes { Self.contentByteCount(of: $0) }.map { $0 * 6 / 8 }
    }

    /// Whether `text` is well-formed: whole groups of four characters of the alphabet, `=` at the very end alone.
    package static func isValid(_ text: UnsafeRawBufferPointer) -> Bool {
        Base64Text.isValid(text)
    }

    /// The bytes that the readable bytes of `text` stand for, or nil where it is not well-formed.
    package static func decode(_ text: ByteBuffer) -> ByteBuffer? {
        var bytes = ByteBufferAllocator().buffer(capacity: text.readableBytes / 4 * 3)
        return Self.decode(text, into: &bytes) ? bytes : nil
    }

    /// Appends the bytes that `text` stands for to `bytes`; appends nothing and returns false where it is malformed.
    package static func decode(_ text: ByteBuffer, into bytes: inout ByteBuffer) -> Bool {
        text.withUnsafeReadableBytes { text in
            guard let contentCount = Self.contentByteCount(of: text) else { return false }
            let count = contentCount * 6 / 8
            var isValid = true
            bytes.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
                isValid = Self.values.withUnsafeBufferPointer { values in
                    Self.decode(UnsafeRawBufferPointer(rebasing: text[..<contentCount]), into: target, values: values)
                }
                return isValid ? count : 0
            }
            return isValid
        }
    }

    /// The length of `text` without its padding, or nil where the length or the padding is wrong.
    private static func contentByteCount(of text: UnsafeRawBufferPointer) -> Int? {
        guard text.count.isMultiple(of: 4) else { return nil }
        guard let last = text.last, last == Self.padding else { return text.count }
        return text.count - (text[text.count - 2] == Self.padding ? 2 : 1)
    }

    private static func encode(
        _ bytes: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        alphabet: UnsafeBufferPointer<UInt8>
    ) {
        var read = 0
        var written = 0
        while read + 3 <= bytes.count {
            let group = UInt32(bytes[read]) << 16 | UInt32(bytes[read + 1]) << 8 | UInt32(bytes[read + 2])
            target[written] = alphabet[Int(group >> 18)]
            target[written + 1] = alphabet[Int(group >> 12 & 63)]
            target[written + 2] = alphabet[Int(group >> 6 & 63)]
            target[written + 3] = alphabet[Int(group & 63)]
            read += 3
            written += 4
        }
        guard read < bytes.count else { return }
        let second = read + 1 < bytes.count ? bytes[read + 1] : 0
        let group = UInt32(bytes[read]) << 16 | UInt32(second) << 8
        target[written] = alphabet[Int(group >> 18)]
        target[written + 1] = alphabet[Int(group >> 12 & 63)]
        target[written + 2] = read + 1 < bytes.count ? alphabet[Int(group >> 6 & 63)] : Self.padding
        target[written + 3] = Self.padding
    }

    /// Decodes text without padding; false where a character is not of the alphabet.
    private static func decode(
        _ content: UnsafeRawBufferPointer,
        into target: UnsafeMutableRawBufferPointer,
        values: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        var read = 0
        var written = 0
        var seen: UInt8 = 0
        while read + 4 <= content.count {
            let first = values[Int(content[read])]
            let second = values[Int(content[read + 1])]
            let third = values[Int(content[read + 2])]
            let fourth = values[Int(content[read + 3])]
            seen |= first | second | third | fourth
            target[written] = first << 2 | second >> 4
            target[written + 1] = second << 4 | third >> 2
            target[written + 2] = third << 6 | fourth
            read += 4
            written += 3
        }
        if read < content.count {  // Two or three characters: one or two bytes.
            let first = values[Int(content[read])]
            let second = values[Int(content[read + 1])]
            seen |= first | second
            target[written] = first << 2 | second >> 4
            if read + 2 < content.count {
                let third = values[Int(content[read + 2])]
                seen |= third
                target[written + 1] = second << 4 | third >> 2
            }
        }
        return seen < 64
    }
}
