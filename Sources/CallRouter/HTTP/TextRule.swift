/// What a text in a request may be: something readable that every store can keep.
enum TextRule {
    /// The same rule as a regular expression of JSON Schema (ECMA-262); the length is told beside it.
    static let pattern = #"^[^\x00]*[^\x00\t\n\r ][^\x00]*$"#

    /// What is wrong with `text`; nil where nothing is.
    ///
    /// Lengths are counted in Unicode scalars, as JSON Schema does.
    static func fault(of text: String, limit: Int) -> String? {
        let scalars = text.unicodeScalars
        if scalars.count > limit { return "must have at most \(limit) characters" }
        if scalars.contains("\u{0}") { return "must not contain the character U+0000" }
        if scalars.allSatisfy({ $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }) { return "must not be empty" }
        return nil
    }
}
