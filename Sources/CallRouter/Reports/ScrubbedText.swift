/// A text as characters of Unicode, of which parts are replaced.
struct ScrubbedText: Sendable {
    /// What becomes of the next characters.
    struct Replacement {
        let count: Int
        /// nil: they stay as they are.
        let text: String?

        init(count: Int, by text: String?) {
            self.count = count
            self.text = text
        }
    }

    private var scalars: [Unicode.Scalar]

    init(_ scalars: some Sequence<Unicode.Scalar>) { self.scalars = Array(scalars) }

    var count: Int { self.scalars.count }

    subscript(index: Int) -> Unicode.Scalar { self.scalars[index] }

    /// Asks at each place what becomes of what begins there; nil goes on with the next character.
    mutating func replace(_ match: (ScrubbedText, Int) -> Replacement?) {
        var result: [Unicode.Scalar] = []
        result.reserveCapacity(self.scalars.count)
        var index = 0
        while index < self.scalars.count {
            guard let replacement = match(self, index), replacement.count > 0 else {
                result.append(self.scalars[index])
                index += 1
                continue
            }
            if let text = replacement.text {
                result.append(contentsOf: text.unicodeScalars)
            } else {
                result.append(contentsOf: self.scalars[index..<index + replacement.count])
            }
            index += replacement.count
        }
        self.scalars = result
    }

    func string(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: self.scalars[range])
        return String(view)
    }

    /// The text, cut off after `limit` characters.
    func string(limit: Int) -> String {
        self.count <= limit ? self.string(0..<self.count) : self.string(0..<limit) + "…"
    }

    /// The next characters in small letters; shorter at the end of the text.
    func lowercased(at index: Int, count: Int) -> String {
        guard index < self.count else { return "" }
        return self.string(index..<min(index + count, self.count)).lowercased()
    }

    func hasPrefix(_ prefix: [Unicode.Scalar], at index: Int) -> Bool {
        guard index >= 0, index + prefix.count <= self.count else { return false }
        return zip(self.scalars[index...], prefix).allSatisfy { $0 == $1 }
    }

    func isLetter(_ index: Int) -> Bool {
        guard index >= 0, index < self.count else { return false }
        return self.scalars[index].properties.isAlphabetic
    }

    /// A digit of any script.
    func isDigit(_ index: Int) -> Bool {
        guard index >= 0, index < self.count else { return false }
        return self.scalars[index].properties.numericType == .decimal
    }

    /// A letter, a digit or an underscore; false outside of the text.
    func isWord(_ index: Int) -> Bool {
        guard index >= 0, index < self.count else { return false }
        return self.scalars[index] == "_" || self.isLetter(index) || self.isDigit(index)
    }

    func isHexadecimal(_ index: Int) -> Bool {
        guard index >= 0, index < self.count else { return false }
        return self.scalars[index].properties.isASCIIHexDigit
    }
}
