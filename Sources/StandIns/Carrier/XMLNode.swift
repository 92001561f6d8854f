/// An element of an XML document: enough of XML 1.0 for LaML, and strict about it.
package struct XMLNode: Sendable, Equatable {
    package var name: String
    package var attributes: [String: String]
    package var children: [XMLNode]
    /// The text between the children, joined.
    package var text: String

    /// Reads a document with one root element.
    ///
    /// DOCTYPE, processing instructions other than the declaration and entities other than the five of XML are refused.
    package init(parsing document: String) throws(XMLError) {
        var parser = XMLReader(characters: Array(document))
        self = try parser.document()
    }

    init(name: String, attributes: [String: String] = [:], children: [XMLNode] = [], text: String = "") {
        self.name = name
        self.attributes = attributes
        self.children = children
        self.text = text
    }
}

/// Why a document is not well-formed.
package struct XMLError: Error, Equatable, CustomStringConvertible {
    /// The character at which reading stopped.
    package let offset: Int
    package let reason: String

    package var description: String {
        "The document is not well-formed XML at character \(self.offset): \(self.reason)."
    }
}

private struct XMLReader {
    let characters: [Character]
    var index = 0

    init(characters: [Character]) { self.characters = characters }

    mutating func document() throws(XMLError) -> XMLNode {
        if self.take("<?xml") { try self.skip(past: "?>") }
        try self.skipMisc()
        guard self.peek == "<" else { throw self.error("expected the root element") }
        let root = try self.element(depth: 0)
        try self.skipMisc()
        guard self.index == self.characters.count else { throw self.error("more than one root element") }
        return root
    }

    mutating func element(depth: Int) throws(XMLError) -> XMLNode {
        guard depth < 16 else { throw self.error("nested too deeply") }
        guard self.take("<") else { throw self.error("expected an element") }
        var node = XMLNode(name: try self.name())
        while true {
            let hadSpace = self.skipSpace()
            if self.take("/>") { return node }
            if self.take(">") { break }
            guard hadSpace else { throw self.error("expected a space before an attribute") }
            let attribute = try self.name()
            guard self.take("="), let quote = self.peek, quote == "\"" || quote == "'" else {
                throw self.error("expected a quoted value for \(attribute)")
            }
            self.index += 1
            guard node.attributes.updateValue(try self.characterData(until: quote), forKey: attribute) == nil else {
                throw self.error("\(attribute) is there twice")
            }
            self.index += 1
        }
        while true {
            node.text += try self.characterData(until: "<")
            if self.take("<!--") {
                try self.skip(past: "-->")
            } else if self.take("</") {
                guard try self.name() == node.name else { throw self.error("expected the end of \(node.name)") }
                self.skipSpace()
                guard self.take(">") else { throw self.error("expected >") }
                return node
            } else {
                node.children.append(try self.element(depth: depth + 1))
            }
        }
    }

    /// Text up to `end`, which is not taken, with its references resolved.
    mutating func characterData(until end: Character) throws(XMLError) -> String {
        var text = ""
        while let character = self.peek, character != end {
            self.index += 1
            switch character {
            case "&": text.append(try self.reference())
            case "<": throw self.error("< inside of a value")
            default: text.append(character)
            }
        }
        guard self.peek == end else { throw self.error("the document ends too early") }
        return text
    }

    mutating func reference() throws(XMLError) -> Character {
        let known: [(String, Character)] = [
            ("amp;", "&"), ("lt;", "<"), ("gt;", ">"), ("quot;", "\""), ("apos;", "'"),
        ]
        for (name, character) in known where self.take(name) { return character }
        guard self.take("#") else { throw self.error("an entity that XML does not define") }
        let radix = self.take("x") ? 16 : 10
        var digits = ""
        while let character = self.peek, character.isHexDigit, digits.count < 8 {
            digits.append(character)
            self.index += 1
        }
        guard self.take(";"), let code = UInt32(digits, radix: radix), let scalar = Unicode.Scalar(code) else {
            throw self.error("a bad character reference")
        }
        return Character(scalar)
    }

    mutating func name() throws(XMLError) -> String {
        let start = self.index
        while let character = self.peek, character.isLetter || character.isNumber || "_-.:".contains(character) {
            self.index += 1
        }
        guard self.index > start, self.characters[start].isLetter || self.characters[start] == "_" else {
            throw self.error("expected a name")
        }
        return String(self.characters[start..<self.index])
    }

    mutating func skipMisc() throws(XMLError) {
        self.skipSpace()
        while self.take("<!--") {
            try self.skip(past: "-->")
            self.skipSpace()
        }
    }

    mutating func skip(past end: String) throws(XMLError) {
        while self.index < self.characters.count {
            if self.take(end) { return }
            self.index += 1
        }
        throw self.error("expected \(end)")
    }

    @discardableResult
    mutating func skipSpace() -> Bool {
        let start = self.index
        while let character = self.peek, character.isWhitespace { self.index += 1 }
        return self.index > start
    }

    var peek: Character? { self.index < self.characters.count ? self.characters[self.index] : nil }

    mutating func take(_ text: String) -> Bool {
        let wanted = Array(text)
        guard self.index + wanted.count <= self.characters.count,
            Array(self.characters[self.index..<self.index + wanted.count]) == wanted
        else { return false }
        self.index += wanted.count
        return true
    }

    func error(_ reason: String) -> XMLError { XMLError(offset: self.index, reason: reason) }
}
