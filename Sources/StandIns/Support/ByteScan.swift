/// Searches in bytes, eight at a time: quick also in a build without optimisation, where a loop over bytes is not.
enum ByteScan {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Some byte cannot stand in a JSON string as it is: a control character, a quote or a backslash (RFC 8259 §7).
    static func needsEscape(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            // A byte below n, for n up to 128: (x - n·ones) & ~x & highs (Hacker's Delight, §6-1).
            let controls = (word &- Self.ones &* 0x20) & ~word
            let quotes = word ^ (Self.ones &* 0x22)
            let backslashes = word ^ (Self.ones &* 0x5C)
            let found = controls | (quotes &- Self.ones) & ~quotes | (backslashes &- Self.ones) & ~backslashes
            if found & Self.highs != 0 { return true }
            index += 8
        }
        while index < bytes.count {
            let byte = bytes[index]
            if byte < 0x20 || byte == 0x22 || byte == 0x5C { return true }
            index += 1
        }
        return false
    }
}
