/// Checks that bytes are well-formed UTF-8, in one piece or in several (Unicode 16 table 3-7, RFC 3629 §4).
///
/// Runs of ASCII are passed over eight bytes at a step.
package struct UTF8Validator: Sendable {
    /// Continuation bytes that the current character still lacks.
    private var missing: UInt8 = 0
    /// What the next continuation byte may be: narrower than 80…BF after E0, ED, F0 and F4.
    private var lowest: UInt8 = 0x80
    private var highest: UInt8 = 0xBF

    package init() {}

    /// Whether the bytes so far end at the end of a character.
    package var isComplete: Bool { self.missing == 0 }

    /// Takes the next bytes; false as soon as they cannot be UTF-8 whatever follows.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress else { return true }
        let count = bytes.count
        var index = 0
        while index < count {
            if self.missing == 0 {
                index = Self.skipASCII(start, from: index, count: count)
                if index == count { return true }
            }
            guard self.step(start.load(fromByteOffset: index, as: UInt8.self)) else { return false }
            index &+= 1
        }
        return true
    }

    /// Whether `bytes` are well-formed by themselves.
    package static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var validator = Self()
        return validator.append(bytes) && validator.isComplete
    }

    /// The index of the first byte from `index` on that is not ASCII, or `count`.
    private static func skipASCII(_ start: UnsafeRawPointer, from index: Int, count: Int) -> Int {
        var index = index
        while count &- index >= 8 {
            let word = start.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            if word & 0x8080_8080_8080_8080 != 0 { break }
            index &+= 8
        }
        while index < count, start.load(fromByteOffset: index, as: UInt8.self) < 0x80 { index &+= 1 }
        return index
    }

    private mutating func step(_ byte: UInt8) -> Bool {
        if self.missing > 0 {
            guard byte >= self.lowest, byte <= self.highest else { return false }
            self.missing &-= 1
            self.lowest = 0x80
            self.highest = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: self.missing = 1
        case 0xE0: (self.missing, self.lowest) = (2, 0xA0)  // Below would be overlong.
        case 0xE1...0xEC, 0xEE...0xEF: self.missing = 2
        case 0xED: (self.missing, self.highest) = (2, 0x9F)  // Above are the surrogates.
        case 0xF0: (self.missing, self.lowest) = (3, 0x90)  // Below would be overlong.
        case 0xF1...0xF3: self.missing = 3
        case 0xF4: (self.missing, self.highest) = (3, 0x8F)  // Above is past U+10FFFF.
        default: return false
        }
        return true
    }
}
