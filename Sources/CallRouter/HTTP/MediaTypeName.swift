/// What the `Content-Type` of a request says (RFC 9110 §8.3).
enum MediaTypeName {
    /// JSON, or something written in it (RFC 6839 §3.1).
    static func isJSON(_ header: String) -> Bool {
        let name = header.prefix { $0 != ";" }.lowercased()
        let trimmed = name.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        let text = String(trimmed)
        return text == "application/json" || text.hasPrefix("application/") && text.hasSuffix("+json")
    }
}
