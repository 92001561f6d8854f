import Foundation

/// Takes out of a text what must not leave the machine: telephone numbers, keys, tokens, passwords, addresses and words
/// that were said.
///
/// Secrets that are known are taken out wherever they stand, the rest by its shape. In doubt something is taken out:
/// what is left must help, and need not be whole. Identifiers of calls (UUIDs, and `CA…` or `MZ…` with 32 hexadecimal
/// digits) and ISO dates stay.
struct Scrubber: Sendable {
    static let secret = "[secret]"
    static let number = "[number]"
    static let mail = "[e-mail]"
    static let words = "[text]"
    static let query = "?[query]"

    /// Shorter ones would be found in ordinary words.
    private static let shortestSecret = 6

    private let secrets: [[Unicode.Scalar]]

    /// - Parameter secrets: Values that are secret or personal, such as the keys of the configuration.
    init(secrets: [String] = []) {
        let forms = secrets.flatMap { secret in
            [secret, secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? secret]
        }
        // The longest first, so that a secret which holds another one is taken out whole.
        self.secrets = Set(forms.filter { $0.utf8.count >= Self.shortestSecret })
            .map { Array($0.unicodeScalars) }
            .sorted { $0.count > $1.count }
    }

    /// The text without what must not leave, at most `limit` characters of Unicode long.
    func scrub(_ text: String, limit: Int = 2_000) -> String {
        // Much more than the limit is read, so that nothing is cut in half and then not known again.
        var text = ScrubbedText(text.unicodeScalars.prefix(4 * limit))
        for secret in self.secrets {
            text.replace { $0.hasPrefix(secret, at: $1) ? .init(count: secret.count, by: Self.secret) : nil }
        }
        text.replace(Self.quotation)
        text.replace(Self.url)
        text.replace(Self.mailAddress)
        text.replace(Self.namedValue)
        text.replace(Self.key)
        text.replace(Self.telephoneNumber)
        return text.string(limit: limit)
    }

    // MARK: - Shapes

    /// Words in quotation marks: what somebody said, or the value of something.
    private static func quotation(_ text: ScrubbedText, _ start: Int) -> ScrubbedText.Replacement? {
        let open = text[start]
        guard let close = Self.marks[open] else { return nil }
        // An apostrophe within a word opens nothing.
        if open == "'" || open == "’", text.isWord(start - 1) { return nil }
        var end = start + 1
        while end < text.count, text[end] != close { end += 1 }
        if open == "'", end == text.count { return nil }
        // A single word is a name; it is passed over whole, so that its end does not open the next one.
        let hasSpace = (start + 1..<end).contains { text[$0].properties.isWhitespace }
        guard hasSpace else { return .init(count: min(end + 1, text.count) - start, by: nil) }
        let closing = end < text.count ? String(close) : ""
        return .init(count: min(end + 1, text.count) - start, by: "\(open)\(Self.words)\(closing)")
    }

    private static let marks: [Unicode.Scalar: Unicode.Scalar] = [
        "\"": "\"", "“": "”", "„": "“", "«": "»", "‘": "’", "'": "'", "`": "`",
    ]

    /// A URL loses user, password, query and fragment.
    private static func url(_ text: ScrubbedText, _ start: Int) -> ScrubbedText.Replacement? {
        guard text.isLetter(start), !text.isWord(start - 1) else { return nil }
        var rest = start
        while rest < text.count, rest - start < 16, text.isWord(rest) || "+.-".unicodeScalars.contains(text[rest]) {
            rest += 1
        }
        guard text.hasPrefix(Self.afterScheme, at: rest) else { return nil }
        let body = rest + Self.afterScheme.count
        var end = body
        while end < text.count, !Self.isEndOfURL(text[end]) { end += 1 }
        let firstEnd = (body..<end).first { "/?#".unicodeScalars.contains(text[$0]) } ?? end
        var from = body
        if let lastAt = (body..<end).last(where: { text[$0] == "@" }) {
            let firstAt = (body..<end).first { text[$0] == "@" } ?? lastAt
            // A password may hold anything, also what looks like the end of the host.
            guard firstAt < firstEnd, lastAt < firstEnd else {
                return .init(count: end - start, by: text.string(start..<body) + "[address]")
            }
            from = lastAt + 1
        }
        let to = (from..<end).first { "?#".unicodeScalars.contains(text[$0]) } ?? end
        guard from > body || to < end else { return nil }
        let query = to < end ? Self.query : ""
        return .init(count: end - start, by: text.string(start..<body) + text.string(from..<to) + query)
    }

    private static let afterScheme = Array("://".unicodeScalars)

    private static func isEndOfURL(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || "<>\"'`“”«»".unicodeScalars.contains(scalar)
    }

    /// `name@host`.
    private static func mailAddress(_ text: ScrubbedText, _ start: Int) -> ScrubbedText.Replacement? {
        guard Self.isLocal(text, start), !Self.isLocal(text, start - 1) else { return nil }
        var at = start
        while Self.isLocal(text, at) { at += 1 }
        guard at < text.count, text[at] == "@" else { return nil }
        var end = at + 1
        while end < text.count, text.isWord(end) || ".-[]:@".unicodeScalars.contains(text[end]) { end += 1 }
        return end > at + 1 ? .init(count: end - start, by: Self.mail) : nil
    }

    private static func isLocal(_ text: ScrubbedText, _ index: Int) -> Bool {
        guard index >= 0, index < text.count else { return false }
        return text.isWord(index) || "!#$%&'*+-/^.~|".unicodeScalars.contains(text[index])
    }

    /// What follows `token=`, `password:`, `Bearer` and the like.
    private static func namedValue(_ text: ScrubbedText, _ start: Int) -> ScrubbedText.Replacement? {
        guard text.isWord(start) || text[start] == "-", !text.isWord(start - 1) else { return nil }
        var end = start
        while end < text.count, text.isWord(end) || text[end] == "-" { end += 1 }
        let name = text.string(start..<end).lowercased()
        let isScheme = name == "bearer" || name == "basic" || name == "digest"
        guard isScheme || Self.names.contains(where: name.hasSuffix) else { return nil }
        var value = end
        while value < text.count, "\"'] \t".unicodeScalars.contains(text[value]) { value += 1 }
        if value < text.count, text[value] == ":" || text[value] == "=" {
            value += 1
        } else if !isScheme || value == end {
            return nil
        }
        while value < text.count, "\"' \t".unicodeScalars.contains(text[value]) { value += 1 }
        for scheme in ["bearer", "basic", "digest", "token"]
        where text.lowercased(at: value, count: scheme.count) == scheme {
            let after = value + scheme.count
            guard after < text.count, text[after] == " " else { continue }
            value = after
            while value < text.count, text[value] == " " { value += 1 }
            break
        }
        var last = value
        while last < text.count, !Self.isEndOfValue(text[last]) { last += 1 }
        guard last > value else { return nil }
        return .init(count: last - start, by: text.string(start..<value) + Self.secret)
    }

    private static let names = [
        "token", "key", "secret", "password", "passwd", "passphrase", "pwd", "authorization", "signature", "cookie",
        "credential", "credentials", "dsn",
    ]

    private static func isEndOfValue(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || ",;&\"'`)}]<>".unicodeScalars.contains(scalar)
    }
}
