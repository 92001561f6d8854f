import CShims
import NIOCore

/// Finds the payload of an ordinary media message without parsing JSON.
///
/// Understands one object in one object, with strings that hold printable ASCII and no escapes, small whole numbers and
/// the three literals, in any order and spacing. Whatever else it meets (an escape, a name twice, a further nesting,
/// another event or track, a payload that is not base64) makes it give up, never guess.
struct MediaScan {
    private static let quote = UInt8(ascii: "\"")
    /// A whole number with more digits than this is left to the JSON decoder.
    private static let maxDigitCount = 15
    /// A message with more names than this is left to the JSON decoder; a carrier's has ten.
    private static let maxNameCount = 32

    private let text: UnsafeRawBufferPointer
    private var index = 0
    private var isMediaEvent = false
    private var payload: Range<Int>?
    /// The names of which a second one makes the message ambiguous, as seen so far.
    private var seen: Names = []
    private var nameCount = 0

    /// The names that matter.
    private struct Names: OptionSet {
        let rawValue: UInt8
        static let event = Self(rawValue: 1)
        static let media = Self(rawValue: 2)
        static let track = Self(rawValue: 4)
        static let payload = Self(rawValue: 8)
    }

    private init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// The base64 payload as a slice of `text`, or nil where the message is none of those that the scan is sure of.
    static func payload(of text: ByteBuffer) -> ByteBuffer? {
        let range = text.withUnsafeReadableBytes { bytes -> Range<Int>? in
            guard Self.mayBeMedia(bytes) else { return nil }
            var scan = Self(bytes)
            return scan.run()
        }
        guard let range else { return nil }
        return text.getSlice(at: text.readerIndex + range.lowerBound, length: range.count)
    }

    /// Sends the few messages without audio to the JSON decoder at once.
    private static func mayBeMedia(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let start = text.baseAddress else { return false }
        let name: StaticString = "\"payload\""
        return cshims_memmem(start, text.count, name.utf8Start, name.utf8CodeUnitCount) != nil
    }

    private mutating func run() -> Range<Int>? {
        guard self.skip("{") else { return nil }
        repeat {
            guard let name = self.name() else { return nil }
            if self.equals(name, "event") {
                guard self.isFirst(.event), let event = self.string(), self.equals(event, "media") else { return nil }
                self.isMediaEvent = true
            } else if self.equals(name, "media") {
                guard self.isFirst(.media), self.media() else { return nil }
            } else {
                guard self.skipScalar() else { return nil }
            }
        } while self.skip(",")
        guard self.skip("}") else { return nil }
        self.skipSpace()
        guard self.index == self.text.count, self.isMediaEvent else { return nil }
        return self.payload
    }

    /// The object with the audio.
    private mutating func media() -> Bool {
        guard self.skip("{") else { return false }
        repeat {
            guard let name = self.name() else { return false }
            if self.equals(name, "payload") {
                guard self.isFirst(.payload), let payload = self.string(), !payload.isEmpty,
                    Base64.isValid(UnsafeRawBufferPointer(rebasing: self.text[payload]))
                else { return false }
                self.payload = payload
            } else if self.equals(name, "track") {
                guard self.isFirst(.track), let track = self.string(),
                    self.equals(track, "inbound") || self.equals(track, "inbound_track")
                else { return false }
            } else {
                guard self.skipScalar() else { return false }
            }
        } while self.skip(",")
        return self.skip("}")
    }

    /// A name and its colon.
    private mutating func name() -> Range<Int>? {
        self.nameCount += 1
        guard self.nameCount <= Self.maxNameCount, let name = self.string(), self.skip(":") else { return nil }
        return name
    }

    private mutating func isFirst(_ name: Names) -> Bool { self.seen.insert(name).inserted }

    private mutating func skipSpace() {
        while self.index < self.text.count {
            switch self.text[self.index] {
            case 0x20, 0x09, 0x0A, 0x0D: self.index += 1
            default: return
            }
        }
    }

    private mutating func skip(_ character: Unicode.Scalar) -> Bool {
        self.skipSpace()
        guard self.index < self.text.count, self.text[self.index] == UInt8(ascii: character) else { return false }
        self.index += 1
        return true
    }

    /// The range between the quotes of a string of printable ASCII without escapes.
    private mutating func string() -> Range<Int>? {
        guard self.skip("\"") else { return nil }
        let start = self.index
        while self.index < self.text.count {
            switch self.text[self.index] {
            case Self.quote:
                self.index += 1
                return start..<self.index - 1
            case UInt8(ascii: "\\"), ..<0x20, 0x7F...: return nil
            default: self.index += 1
            }
        }
        return nil
    }

    private mutating func skipScalar() -> Bool {
        self.skipSpace()
        guard self.index < self.text.count else { return false }
        switch self.text[self.index] {
        case Self.quote: return self.string() != nil
        case UInt8(ascii: "0")...UInt8(ascii: "9"): return self.skipNumber()
        case UInt8(ascii: "t"): return self.skipLiteral("true")
        case UInt8(ascii: "f"): return self.skipLiteral("false")
        case UInt8(ascii: "n"): return self.skipLiteral("null")
        default: return false
        }
    }

    /// Digits without a superfluous zero; what follows must be a delimiter, or the caller stumbles over it.
    private mutating func skipNumber() -> Bool {
        let start = self.index
        while self.index < self.text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self.text[self.index]) {
            self.index += 1
        }
        let count = self.index - start
        return count == 1 || (count <= Self.maxDigitCount && self.text[start] != UInt8(ascii: "0"))
    }

    private mutating func skipLiteral(_ literal: StaticString) -> Bool {
        let end = self.index + literal.utf8CodeUnitCount
        guard end <= self.text.count, self.equals(self.index..<end, literal) else { return false }
        self.index = end
        return true
    }

    private func equals(_ range: Range<Int>, _ expected: StaticString) -> Bool {
        guard range.count == expected.utf8CodeUnitCount else { return false }
        return expected.withUTF8Buffer { expected in
            for offset in 0..<expected.count where self.text[range.lowerBound + offset] != expected[offset] {
                return false
            }
            return true
        }
    }
}
