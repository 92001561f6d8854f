import NIOCore

/// Reads `response.output_audio.delta` without a JSON parser: these are nearly all that a model sends.
///
/// The scan takes the message only where it is beyond doubt: one flat object with each key once, strings without
/// escapes in printable ASCII, whole numbers, a delta that is base64. At the first thing that is not so it gives up,
/// and ``RealtimeMessage`` decides; so the result never depends on which of the two has read a message.
enum RealtimeAudioScanner {
    /// The event, whose payload shares the memory of `message`; nil where the scan is unsure or it is another message.
    static func scan(_ message: ByteBuffer, reusing recent: inout RecentIdentifiers) -> ModelEvent? {
        let found: Fields? = message.withUnsafeReadableBytes { bytes in
            var scanner = Scanner(bytes: bytes)
            return scanner.run(&recent)
        }
        guard let found,
            let base64 = message.getSlice(at: message.readerIndex + found.delta.lowerBound, length: found.delta.count)
        else { return nil }
        return .audio(responseID: found.responseID, itemID: found.itemID, base64: base64)
    }

    private struct Fields {
        var responseID: String
        var itemID: String
        /// Of the base64 text, counted from the first readable byte.
        var delta: Range<Int>
    }

    private struct Scanner {
        let bytes: UnsafeRawBufferPointer
        private var index = 0
        private var isAudio = false
        private var responseID: Range<Int>?
        private var itemID: Range<Int>?
        private var delta: Range<Int>?
        /// Which of ``passedOver`` has come, a bit each.
        private var seen: UInt8 = 0
        /// Keys that we do not know, kept to notice one that comes twice; the message has none of them today.
        private var unknown: [Range<Int>] = []

        /// What the message carries beside the fields that we read.
        private static let passedOver: [StaticString] = ["event_id", "output_index", "content_index"]

        init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

        mutating func run(_ recent: inout RecentIdentifiers) -> Fields? {
            guard self.take(UInt8(ascii: "{")) else { return nil }
            repeat {
                guard let key = self.string(), self.take(UInt8(ascii: ":")), self.value(of: key) else { return nil }
            } while self.take(UInt8(ascii: ","))
            guard self.take(UInt8(ascii: "}")) else { return nil }
            self.skipWhitespace()
            guard self.index == self.bytes.count, self.isAudio, let responseID, let itemID, let delta else {
                return nil
            }
            return Fields(
                responseID: recent.response(UnsafeRawBufferPointer(rebasing: self.bytes[responseID])),
                itemID: recent.item(UnsafeRawBufferPointer(rebasing: self.bytes[itemID])),
                delta: delta
            )
        }

        /// Takes the value of `key`; false where it is not what the key is known for.
        private mutating func value(of key: Range<Int>) -> Bool {
            if self.matches(key, "type") {
                guard !self.isAudio, let type = self.string(), self.matches(type, "response.output_audio.delta") else {
                    return false
                }
                self.isAudio = true
                return true
            }
            if self.matches(key, "delta") {
                guard self.delta == nil, let delta = self.base64String() else { return false }
                self.delta = delta
                return true
            }
            if self.matches(key, "response_id") {
                guard self.responseID == nil, let id = self.string() else { return false }
                self.responseID = id
                return true
            }
            if self.matches(key, "item_id") {
                guard self.itemID == nil, let id = self.string() else { return false }
                self.itemID = id
                return true
            }
            return self.isNew(key) && self.passOver()
        }

        /// Notes a key that is passed over; false where it came before, or where there are suspiciously many.
        private mutating func isNew(_ key: Range<Int>) -> Bool {
            for (bit, name) in Self.passedOver.enumerated() where self.matches(key, name) {
                guard self.seen & 1 << bit == 0 else { return false }
                self.seen |= 1 << bit
                return true
            }
            guard self.unknown.count < 8, !self.unknown.contains(where: { self.equal($0, key) }) else { return false }
            self.unknown.append(key)
            return true
        }

        /// Passes over a simple string or a whole number; false for anything else.
        private mutating func passOver() -> Bool {
            self.skipWhitespace()
            guard self.index < self.bytes.count else { return false }
            if self.bytes[self.index] == UInt8(ascii: "\"") { return self.string() != nil }
            let start = self.index
            while self.index < self.bytes.count, Self.isDigit(self.bytes[self.index]) { self.index += 1 }
            let count = self.index - start
            // JSON has no leading zeros; fractions and exponents end in the slow path.
            return count == 1 || (count > 1 && count < 16 && self.bytes[start] != UInt8(ascii: "0"))
        }

        /// The content of a string without escapes, in printable ASCII.
        private mutating func string() -> Range<Int>? {
            guard self.take(UInt8(ascii: "\"")) else { return nil }
            let start = self.index
            while self.index < self.bytes.count {
                let byte = self.bytes[self.index]
                if byte == UInt8(ascii: "\"") {
                    self.index += 1
                    return start..<self.index - 1
                }
                guard byte >= 0x20, byte < 0x7F, byte != UInt8(ascii: "\\") else { return nil }
                self.index += 1
            }
            return nil
        }

        private mutating func base64String() -> Range<Int>? {
            guard self.take(UInt8(ascii: "\"")) else { return nil }
            let start = self.index
            let content = UnsafeRawBufferPointer(rebasing: self.bytes[start...])
            guard let count = Base64Text.validPrefixCount(content), start + count < self.bytes.count,
                self.bytes[start + count] == UInt8(ascii: "\"")
            else { return nil }
            self.index = start + count + 1
            return start..<start + count
        }

        private mutating func take(_ byte: UInt8) -> Bool {
            self.skipWhitespace()
            guard self.index < self.bytes.count, self.bytes[self.index] == byte else { return false }
            self.index += 1
            return true
        }

        private mutating func skipWhitespace() {
            while self.index < self.bytes.count {
                switch self.bytes[self.index] {
                case 0x20, 0x09, 0x0A, 0x0D: self.index += 1
                default: return
                }
            }
        }

        private func matches(_ range: Range<Int>, _ text: StaticString) -> Bool {
            guard range.count == text.utf8CodeUnitCount else { return false }
            return text.withUTF8Buffer { text in
                // Byte by byte: the sequences' own comparison is not specialized to one.
                for offset in 0..<text.count where self.bytes[range.lowerBound + offset] != text[offset] {
                    return false
                }
                return true
            }
        }

        private func equal(_ left: Range<Int>, _ right: Range<Int>) -> Bool {
            self.bytes[left].elementsEqual(self.bytes[right])
        }

        private static func isDigit(_ byte: UInt8) -> Bool {
            byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
        }
    }
}
