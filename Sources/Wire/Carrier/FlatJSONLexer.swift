/// Reads flat JSON without building anything: strings of printable ASCII without escapes, small whole numbers and the
/// three literals, in any spacing.
///
/// Whatever else it meets it does not understand, and says so: the JSON decoder then decides.
struct FlatJSONLexer {
    private static let quote = UInt8(ascii: "\"")
    /// A whole number with more digits than this is not understood.
    private static let maxDigitCount = 15
    /// Names beyond this many are not understood; a carrier's message has ten.
    private static let maxNameCount = 32

    let text: UnsafeRawBufferPointer
    private var index = 0
    private var nameCount = 0

    init(_ text: UnsafeRawBufferPointer) { self.text = text }

    /// Nothing but space is left.
    var isAtEnd: Bool {
        mutating get {
            self.skipSpace()
            return self.index == self.text.count
        }
    }

    /// A name and its colon.
    mutating func name() -> Range<Int>? {
        self.nameCount += 1
        guard self.nameCount <= Self.maxNameCount, let name = self.string(), self.skip(":") else { return nil }
        return name
    }

    private mutating func skipSpace() {
        while self.index < self.text.count {
            switch self.text[self.index] {
            case 0x20, 0x09, 0x0A, 0x0D: self.index += 1
            default: return
            }
        }
    }

    /// Takes one character, if it is next.
    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        self.skipSpace()
        guard self.index < self.text.count, self.text[self.index] == UInt8(ascii: character) else { return false }
        self.index += 1
        return true
    }

    /// The range between the quotes of a string of printable ASCII without escapes.
    mutating func string() -> Range<Int>? {
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

    /// Takes a string, a number or a literal.
    mutating func skipScalar() -> Bool {
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

    /// The text in `range` is `expected`.
    func equals(_ range: Range<Int>, _ expected: StaticString) -> Bool {
        guard range.count == expected.utf8CodeUnitCount else { return false }
        return expected.withUTF8Buffer { expected in
            for offset in 0..<expected.count where self.text[range.lowerBound + offset] != expected[offset] {
                return false
            }
            return true
        }
    }
}
