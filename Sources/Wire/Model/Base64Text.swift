/// Tells base64 text (RFC 4648 §4, padded) from other bytes without decoding it.
enum Base64Text {
    /// The length of the base64 text at the start of `bytes`: all up to the first byte that cannot belong to one.
    ///
    /// Nil where what is there is none: a length that is no multiple of four, or padding of more than two. An empty
    /// text is valid.
    static func validPrefixCount(_ bytes: UnsafeRawBufferPointer) -> Int? {
        var count = Self.alphabetPrefixCount(bytes)
        var padding = 0
        while count < bytes.count, bytes[count] == UInt8(ascii: "="), padding < 2 {
            count += 1
            padding += 1
        }
        return count.isMultiple(of: 4) ? count : nil
    }

    /// Whether all of `bytes` is one base64 text.
    static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        Self.validPrefixCount(bytes) == bytes.count
    }

    /// The number of bytes before the first that is not of the alphabet, 32 at a time while there are as many.
    private static func alphabetPrefixCount(_ bytes: UnsafeRawBufferPointer) -> Int {
        var index = 0
        while index + 32 <= bytes.count {
            let block = bytes.loadUnaligned(fromByteOffset: index, as: SIMD32<UInt8>.self)
            // A letter in either case differs by bit 5 only; `x &- low .< count` is one comparison for a range.
            let isLetter = ((block | 0x20) &- UInt8(ascii: "a")) .< 26
            let isDigit = (block &- UInt8(ascii: "0")) .< 10
            let isSign = (block .== UInt8(ascii: "+")) .| (block .== UInt8(ascii: "/"))
            guard all(isLetter .| isDigit .| isSign) else { break }
            index += 32
        }
        while index < bytes.count, Self.isOfAlphabet(bytes[index]) { index += 1 }
        return index
    }

    private static func isOfAlphabet(_ byte: UInt8) -> Bool {
        ((byte | 0x20) &- UInt8(ascii: "a")) < 26 || (byte &- UInt8(ascii: "0")) < 10 || byte == UInt8(ascii: "+")
            || byte == UInt8(ascii: "/")
    }
}
