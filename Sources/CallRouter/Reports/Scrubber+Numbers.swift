extension Scrubber {
    /// A key, token or hash by its look: long, and of letters and digits as nobody writes words.
    static func key(_ text: ScrubbedText, _ start: Int) -> ScrubbedText.Replacement? {
        if let count = Self.callIdentifier(text, start) { return .init(count: count, by: nil) }
        guard Self.isToken(text, start), !Self.isToken(text, start - 1) || Self.endsIdentifier(text, start) else {
            return nil
        }
        var end = start
        while Self.isToken(text, end), Self.callIdentifier(text, end) == nil { end += 1 }
        guard end > start else { return nil }
        // Base64 goes on behind signs that paths have, too.
        var whole = end
        while Self.isToken(text, whole) || whole < text.count && "+/=".unicodeScalars.contains(text[whole]) {
            whole += 1
        }
        let long = text.string(start..<whole)
        if long.contains(where: { "+=".contains($0) }), Self.isMixed(long, atLeast: 20) {
            return .init(count: whole - start, by: Self.secret)
        }
        let token = text.string(start..<end)
        return Self.isKey(token) ? .init(count: end - start, by: Self.secret) : .init(count: end - start, by: nil)
    }

    private static func isKey(_ token: String) -> Bool {
        let prefixes = [
            "sk-", "sk_", "pk_", "rk_", "PSK_", "PT", "SK", "AC", "sb_", "sbp_", "ghp_", "gho_", "xox", "AKIA", "eyJ",
            "whsec_", "glpat-",
        ]
        // A key may stand behind a word and a dash.
        let tails = [token[...]] + token.indices.filter { "-_".contains(token[$0]) }.map { token[$0...].dropFirst() }
        for tail in tails {
            for prefix in prefixes where tail.hasPrefix(prefix) {
                let rest = tail.dropFirst(prefix.count)
                // Two capitals begin ordinary words as well.
                let isCertain = prefix.count > 2 || rest.contains(where: \.isNumber)
                if isCertain, rest.utf8.count >= (prefix.count > 2 ? 5 : 16) { return true }
            }
        }
        if Self.isMixed(token, atLeast: 24) { return true }
        for part in token.split(whereSeparator: { $0 == "-" || $0 == "_" }) where part.utf8.count >= 16 {
            if part.contains(where: \.isNumber), part.contains(where: \.isLetter) { return true }
        }
        return token.utf8.count >= 40 && !token.contains("_") && !token.contains("-")
    }

    /// Capitals, small letters and digits together.
    private static func isMixed(_ token: String, atLeast count: Int) -> Bool {
        token.utf8.count >= count && token.contains(where: \.isUppercase) && token.contains(where: \.isLowercase)
            && token.contains(where: \.isNumber)
    }

    private static func isToken(_ text: ScrubbedText, _ index: Int) -> Bool {
        guard index >= 0, index < text.count, text[index].isASCII else { return false }
        return text.isWord(index) || text[index] == "-"
    }

    private static func endsIdentifier(_ text: ScrubbedText, _ index: Int) -> Bool {
        [36, 34].contains { Self.callIdentifier(text, index - $0) == $0 }
    }

    /// The length of a call's identifier that begins here; nil where none does.
    private static func callIdentifier(_ text: ScrubbedText, _ start: Int) -> Int? {
        guard start >= 0, start < text.count, !text.isWord(start - 1) else { return nil }
        let count = Self.uuid(text, start) ?? Self.sid(text, start)
        guard let count, !text.isWord(start + count) else { return nil }
        return count
    }

    private static func uuid(_ text: ScrubbedText, _ start: Int) -> Int? {
        guard start + 36 <= text.count else { return nil }
        for offset in 0..<36 {
            let isDash = [8, 13, 18, 23].contains(offset)
            guard isDash ? text[start + offset] == "-" : text.isHexadecimal(start + offset) else { return nil }
        }
        return 36
    }

    /// `CA` and `MZ`: a call and a stream, as carriers name them.
    private static func sid(_ text: ScrubbedText, _ start: Int) -> Int? {
        guard start + 34 <= text.count, ["CA", "MZ"].contains(text.string(start..<start + 2)),
            (2..<34).allSatisfy({ text.isHexadecimal(start + $0) })
        else { return nil }
        return 34
    }

    // MARK: - Telephone numbers

    /// Seven digits or more, however they are set apart.
    static func telephoneNumber(_ text: ScrubbedText, _ start: Int) -> ScrubbedText.Replacement? {
        if let count = Self.callIdentifier(text, start) ?? Self.date(text, start) {
            return .init(count: count, by: nil)
        }
        var first = start
        while first < text.count, first - start < 2, "+(＋（".unicodeScalars.contains(text[first]) { first += 1 }
        guard text.isDigit(first) else { return nil }
        var digits = 0
        var end = first
        var index = first
        while index < text.count, index - end <= 3 {
            if text.isDigit(index) {
                if index > end, Self.callIdentifier(text, index) ?? Self.date(text, index) != nil { break }
                digits += 1
                end = index + 1
            } else if !Self.isSeparator(text[index]) {
                break
            }
            index += 1
        }
        if digits >= 7 { return .init(count: end - start, by: Self.number) }
        // The rest of a short number cannot begin a longer one.
        return .init(count: end - start, by: nil)
    }

    /// What people put between the digits of a number, also what cannot be seen.
    private static func isSeparator(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .dashPunctuation, .spaceSeparator, .format: true
        default: ".()/（）·・\t−".unicodeScalars.contains(scalar)
        }
    }

    /// The length of an ISO date that begins here; nil where none does.
    private static func date(_ text: ScrubbedText, _ start: Int) -> Int? {
        guard start + 10 <= text.count, !text.isDigit(start - 1), !text.isDigit(start + 10) else { return nil }
        if start > 0, "+(-./".unicodeScalars.contains(text[start - 1]), text[start - 1] != "-" { return nil }
        for offset in 0..<10 {
            let isDash = offset == 4 || offset == 7
            guard isDash ? text[start + offset] == "-" : text.isDigit(start + offset) && text[start + offset].isASCII
            else { return nil }
        }
        guard ["19", "20"].contains(text.string(start..<start + 2)),
            let month = Int(text.string(start + 5..<start + 7)), (1...12).contains(month),
            let day = Int(text.string(start + 8..<start + 10)), (1...31).contains(day)
        else { return nil }
        return 10
    }
}
