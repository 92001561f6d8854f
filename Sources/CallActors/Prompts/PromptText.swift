/// Makes text from outside fit to stand in a prompt as data.
///
/// A prompt is plain text, so nothing is escaped for HTML. What goes is what could make data look like something else:
/// control characters, invisible characters (Unicode tags, bidirectional overrides, zero-width spaces), line breaks
/// that would begin a heading or close a block, and the angle brackets of our own delimiters.
enum PromptText {
    /// Bound of one fact, in characters; what is longer ends in an ellipsis.
    static let maxFactLength = 1_000
    /// Bound of the purpose of a call and of a turn of its transcript, in characters.
    static let maxLineLength = 4_000
    /// Bound of a role given by the operator, in characters.
    static let maxRoleLength = 16_000

    /// One line of data: every run of white space becomes one space.
    ///
    /// nil where nothing is left.
    static func line(_ text: String?, limit: Int = PromptText.maxLineLength) -> String? {
        guard let text else { return nil }
        let words = self.visible(text, limit: limit).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        return self.bounded(self.withoutDelimiters(words), limit: limit)
    }

    /// A text that keeps its lines: the role that an operator wrote.
    ///
    /// nil where nothing is left.
    static func block(_ text: String?, limit: Int = PromptText.maxRoleLength) -> String? {
        guard let text else { return nil }
        let lines = self.visible(text, limit: limit).split(
            omittingEmptySubsequences: false,
            whereSeparator: \.isNewline
        )
        return self.bounded(self.trimmed(lines.joined(separator: "\n")), limit: limit)
    }

    /// The text without white space at its ends, and with at most one empty line in a row.
    ///
    /// Lines end in `\n`, as those of the templates and of ``block(_:limit:)`` do; white space is that of ASCII.
    static func tidied(_ text: String) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        var isAfterGap = false
        for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            guard let start = line.firstIndex(where: { !Self.isBlank($0) }) else {
                isAfterGap = true
                continue
            }
            if result.isEmpty {
                result += Substring(line[start...])
            } else {
                result += isAfterGap ? "\n\n" : "\n"
                result += Substring(line)
            }
            isAfterGap = false
        }
        while let last = result.utf8.last, Self.isBlank(last) { result.removeLast() }
        return result
    }

    /// White space of ASCII.
    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        guard let end = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...end])
    }

    /// The text without what cannot be seen, read no further than a bounded line could need: a character may be made of
    /// any number of scalars.
    private static func visible(_ text: String, limit: Int) -> String {
        var kept = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(4 * limit) {
            switch scalar.properties.generalCategory {
            case .control:
                // A tab or a line break stays white space; NEL is one of Unicode's line breaks.
                if ["\t", "\n", "\r", "\u{85}"].contains(scalar) { kept.append(scalar) }
            case .format:
                // The joiners are letters of Persian and of the scripts of India, and of emoji; the rest is invisible.
                if ["\u{200C}", "\u{200D}"].contains(scalar) { kept.append(scalar) }
            case .privateUse, .surrogate, .unassigned:
                continue
            default:
                kept.append(scalar)
            }
        }
        return String(kept)
    }

    /// Replaces what our templates use to mark where data begins and ends.
    private static func withoutDelimiters(_ line: String) -> String {
        var result = ""
        var dashes = 0
        for character in line {
            dashes = character == "-" ? dashes + 1 : 0
            switch character {
            case "<": result.append("‹")
            case ">": result.append("›")
            case "-" where dashes > 3: continue
            default: result.append(character)
            }
        }
        return result
    }

    private static func bounded(_ text: String, limit: Int) -> String? {
        guard !text.isEmpty else { return nil }
        return text.count <= limit ? text : text.prefix(limit - 1) + "…"
    }
}
