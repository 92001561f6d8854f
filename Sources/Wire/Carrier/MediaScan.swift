import CShims
import NIOCore

/// Finds the payload of an ordinary media message without parsing JSON.
///
/// Understands one object in one object, with strings that hold printable ASCII and no escapes, small whole numbers and
/// the three literals, in any order and spacing. Whatever else it meets (an escape, a name twice, a further nesting,
/// another event or track, a payload that is not base64) makes it give up, never guess.
struct MediaScan {
    private var lexer: FlatJSONLexer
    private var isMediaEvent = false
    private var payload: Range<Int>?
    /// The names of which a second one makes the message ambiguous, as seen so far.
    private var seen: Names = []

    /// The names that matter.
    private struct Names: OptionSet {
        let rawValue: UInt8
        static let event = Self(rawValue: 1)
        static let media = Self(rawValue: 2)
        static let track = Self(rawValue: 4)
        static let payload = Self(rawValue: 8)
    }

    private init(_ text: UnsafeRawBufferPointer) { self.lexer = FlatJSONLexer(text) }

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
        guard self.lexer.skip("{") else { return nil }
        repeat {
            guard let name = self.lexer.name() else { return nil }
            if self.lexer.equals(name, "event") {
                guard self.isFirst(.event), let event = self.lexer.string(), self.lexer.equals(event, "media") else {
                    return nil
                }
                self.isMediaEvent = true
            } else if self.lexer.equals(name, "media") {
                guard self.isFirst(.media), self.media() else { return nil }
            } else {
                guard self.lexer.skipScalar() else { return nil }
            }
        } while self.lexer.skip(",")
        guard self.lexer.skip("}") else { return nil }
        guard self.lexer.isAtEnd, self.isMediaEvent else { return nil }
        return self.payload
    }

    /// The object with the audio.
    private mutating func media() -> Bool {
        guard self.lexer.skip("{") else { return false }
        repeat {
            guard let name = self.lexer.name() else { return false }
            if self.lexer.equals(name, "payload") {
                guard self.isFirst(.payload), let payload = self.lexer.string(), !payload.isEmpty,
                    Base64.isValid(UnsafeRawBufferPointer(rebasing: self.lexer.text[payload]))
                else { return false }
                self.payload = payload
            } else if self.lexer.equals(name, "track") {
                guard self.isFirst(.track), let track = self.lexer.string(),
                    self.lexer.equals(track, "inbound") || self.lexer.equals(track, "inbound_track")
                else { return false }
            } else {
                guard self.lexer.skipScalar() else { return false }
            }
        } while self.lexer.skip(",")
        return self.lexer.skip("}")
    }

    private mutating func isFirst(_ name: Names) -> Bool { self.seen.insert(name).inserted }
}
