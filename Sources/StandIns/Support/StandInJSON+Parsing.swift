import Foundation
import NIOCore

/// Why a text is not JSON (RFC 8259).
package struct StandInJSONError: Error, Equatable, CustomStringConvertible {
    /// The byte at which reading stopped.
    package let offset: Int
    package var description: String { "The text is not JSON: byte \(self.offset) cannot be read. Send one JSON value." }
}

extension StandInJSON {
    /// Reads one JSON value that takes up all of `buffer`, at most 64 levels deep.
    package init(parsing buffer: ByteBuffer) throws(StandInJSONError) {
        try self.init(parsing: buffer.getBytes(at: buffer.readerIndex, length: buffer.readableBytes) ?? [])
    }

    /// Reads one JSON value that takes up all of `text`, at most 64 levels deep.
    package init(parsing text: String) throws(StandInJSONError) {
        try self.init(parsing: Array(text.utf8))
    }

    private init(parsing bytes: [UInt8]) throws(StandInJSONError) {
        var parser = JSONParser(bytes: bytes)
        self = try parser.document()
    }
}

/// A strict reader of RFC 8259, written for the stand-ins alone so that it shares no mistake with the product's.
private struct JSONParser {
    let bytes: [UInt8]
    var index = 0
    var depth = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    var failure: StandInJSONError { StandInJSONError(offset: self.index) }

    mutating func document() throws(StandInJSONError) -> StandInJSON {
        let value = try self.value()
        self.skipSpace()
        guard self.index == self.bytes.count else { throw self.failure }
        return value
    }

    mutating func value() throws(StandInJSONError) -> StandInJSON {
        self.skipSpace()
        guard let byte = self.peek() else { throw self.failure }
        switch byte {
        case UInt8(ascii: "{"): return try self.nested { (parser) throws(StandInJSONError) in try parser.object() }
        case UInt8(ascii: "["): return try self.nested { (parser) throws(StandInJSONError) in try parser.elements() }
        case UInt8(ascii: "\""): return .string(try self.string())
        case UInt8(ascii: "t"): return try self.word("true", .bool(true))
        case UInt8(ascii: "f"): return try self.word("false", .bool(false))
        case UInt8(ascii: "n"): return try self.word("null", .null)
        default: return .number(try self.number())
        }
    }

    mutating func nested(
        _ body: (inout JSONParser) throws(StandInJSONError) -> StandInJSON
    ) throws(StandInJSONError) -> StandInJSON {
        guard self.depth < 64 else { throw self.failure }
        self.depth += 1
        self.index += 1
        let value = try body(&self)
        self.depth -= 1
        return value
    }

    mutating func object() throws(StandInJSONError) -> StandInJSON {
        var members: [StandInJSONMember] = []
        self.skipSpace()
        if self.take(UInt8(ascii: "}")) { return .object([]) }
        while true {
            self.skipSpace()
            guard self.peek() == UInt8(ascii: "\"") else { throw self.failure }
            let name = try self.string()
            self.skipSpace()
            guard self.take(UInt8(ascii: ":")) else { throw self.failure }
            members.append(StandInJSONMember(name: name, value: try self.value()))
            self.skipSpace()
            if self.take(UInt8(ascii: "}")) { return .object(members) }
            guard self.take(UInt8(ascii: ",")) else { throw self.failure }
        }
    }

    mutating func elements() throws(StandInJSONError) -> StandInJSON {
        var elements: [StandInJSON] = []
        self.skipSpace()
        if self.take(UInt8(ascii: "]")) { return .array([]) }
        while true {
            elements.append(try self.value())
            self.skipSpace()
            if self.take(UInt8(ascii: "]")) { return .array(elements) }
            guard self.take(UInt8(ascii: ",")) else { throw self.failure }
        }
    }

    mutating func string() throws(StandInJSONError) -> String {
        self.index += 1
        let start = self.index
        if let text = self.plainString() { return text }
        var unescaped: [UInt8]?
        while let byte = self.peek() {
            switch byte {
            case UInt8(ascii: "\""):
                let content = unescaped ?? Array(self.bytes[start..<self.index])
                guard let text = String(validating: content, as: UTF8.self) else { throw self.failure }
                self.index += 1
                return text
            case UInt8(ascii: "\\"):
                var content = unescaped ?? Array(self.bytes[start..<self.index])
                self.index += 1
                try self.escape(into: &content)
                unescaped = content
            case 0..<0x20: throw self.failure
            default:
                unescaped?.append(byte)
                self.index += 1
            }
        }
        throw self.failure
    }

    /// A string without escapes, taken at once: what nearly every string is.
    private mutating func plainString() -> String? {
        let start = self.index
        let text: String? = self.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress, start < bytes.count,
                let quote = memchr(base + start, 0x22, bytes.count - start)
            else { return nil }
            let content = UnsafeRawBufferPointer(start: base + start, count: UnsafeRawPointer(quote) - (base + start))
            guard !ByteScan.needsEscape(content) else { return nil }
            return String(validating: content.assumingMemoryBound(to: UInt8.self), as: UTF8.self)
        }
        guard let text else { return nil }
        self.index += text.utf8.count + 1
        return text
    }

    mutating func escape(into content: inout [UInt8]) throws(StandInJSONError) {
        guard let byte = self.peek() else { throw self.failure }
        self.index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            var code = try self.hexadecimal()
            if (0xD800..<0xDC00).contains(code) {
                guard self.take(UInt8(ascii: "\\")), self.take(UInt8(ascii: "u")) else { throw self.failure }
                let low = try self.hexadecimal()
                guard (0xDC00..<0xE000).contains(low) else { throw self.failure }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw self.failure }
            content.append(contentsOf: String(Character(scalar)).utf8)
        default: throw self.failure
        }
    }

    mutating func hexadecimal() throws(StandInJSONError) -> UInt32 {
        guard self.index + 4 <= self.bytes.count,
            let digits = String(validating: self.bytes[self.index..<self.index + 4], as: UTF8.self),
            digits.allSatisfy(\.isHexDigit), let code = UInt32(digits, radix: 16)
        else { throw self.failure }
        self.index += 4
        return code
    }

    mutating func number() throws(StandInJSONError) -> Double {
        let start = self.index
        _ = self.take(UInt8(ascii: "-"))
        let first = self.peek()
        let whole = self.digits()
        guard whole > 0, whole == 1 || first != UInt8(ascii: "0") else { throw self.failure }
        if self.take(UInt8(ascii: ".")) {
            guard self.digits() > 0 else { throw self.failure }
        }
        if self.take(UInt8(ascii: "e")) || self.take(UInt8(ascii: "E")) {
            if !self.take(UInt8(ascii: "+")) { _ = self.take(UInt8(ascii: "-")) }
            guard self.digits() > 0 else { throw self.failure }
        }
        let text = String(decoding: self.bytes[start..<self.index], as: UTF8.self)
        guard let value = Double(text) else { throw self.failure }
        return value
    }

    mutating func digits() -> Int {
        let start = self.index
        while let byte = self.peek(), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { self.index += 1 }
        return self.index - start
    }

    mutating func word(_ word: StaticString, _ value: StandInJSON) throws(StandInJSONError) -> StandInJSON {
        for byte in UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount) {
            guard self.take(byte) else { throw self.failure }
        }
        return value
    }

    func peek() -> UInt8? { self.index < self.bytes.count ? self.bytes[self.index] : nil }

    mutating func take(_ byte: UInt8) -> Bool {
        guard self.peek() == byte else { return false }
        self.index += 1
        return true
    }

    mutating func skipSpace() {
        while let byte = self.peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { self.index += 1 }
    }
}
