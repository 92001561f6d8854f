import CShims
import NIOCore

/// Finds the name in an ordinary returning mark without parsing JSON: a carrier sends two of them for each second that
/// the AI speaks.
///
/// Understands what ``MediaScan`` does, and gives up where that would.
struct MarkScan {
    /// The marks that we ask for have names of some twenty letters.
    private static let maxNameByteCount = 128

    private var lexer: FlatJSONLexer
    private var isMarkEvent = false
    private var name: Range<Int>?

    private init(_ text: UnsafeRawBufferPointer) { self.lexer = FlatJSONLexer(text) }

    /// The name of the mark, or nil where the message is none that the scan is sure of.
    static func name(in text: ByteBuffer) -> String? {
        text.withUnsafeReadableBytes { bytes in
            guard Self.mayBeMark(bytes) else { return nil }
            var scan = Self(bytes)
            return scan.run().map { String(decoding: bytes[$0], as: UTF8.self) }
        }
    }

    private static func mayBeMark(_ text: UnsafeRawBufferPointer) -> Bool {
        guard let start = text.baseAddress else { return false }
        let name: StaticString = "\"mark\""
        return cshims_memmem(start, text.count, name.utf8Start, name.utf8CodeUnitCount) != nil
    }

    private mutating func run() -> Range<Int>? {
        guard self.lexer.skip("{") else { return nil }
        repeat {
            guard let name = self.lexer.name() else { return nil }
            if self.lexer.equals(name, "event") {
                guard !self.isMarkEvent, let event = self.lexer.string(), self.lexer.equals(event, "mark") else {
                    return nil
                }
                self.isMarkEvent = true
            } else if self.lexer.equals(name, "mark") {
                guard self.name == nil, self.mark() else { return nil }
            } else {
                guard self.lexer.skipScalar() else { return nil }
            }
        } while self.lexer.skip(",")
        guard self.lexer.skip("}"), self.lexer.isAtEnd, self.isMarkEvent else { return nil }
        return self.name
    }

    /// The object with the name and nothing else.
    private mutating func mark() -> Bool {
        guard self.lexer.skip("{"), let key = self.lexer.name(), self.lexer.equals(key, "name"),
            let name = self.lexer.string(), !name.isEmpty, name.count <= Self.maxNameByteCount
        else { return false }
        self.name = name
        return self.lexer.skip("}")
    }
}
