import Foundation

/// The variables of a `.env` file: lines of `NAME=value`, with comments, quotes and `export` as shells have them.
package enum DotEnvFile {
    /// The process environment over the `.env` file of `directory`, if there is one.
    package static func environment(
        over process: [String: String] = ProcessInfo.processInfo.environment,
        in directory: String = FileManager.default.currentDirectoryPath
    ) -> [String: String] {
        guard let data = FileManager.default.contents(atPath: directory + "/.env") else { return process }
        return Self.parse(String(decoding: data, as: UTF8.self)).merging(process) { _, process in process }
    }

    /// Reads the lines of such a file; what is no assignment is skipped, and of two the later wins.
    package static func parse(_ text: String) -> [String: String] {
        var variables: [String: String] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            var line = line.drop { $0.isWhitespace }
            if line.hasPrefix("export ") { line = line.dropFirst(7).drop { $0.isWhitespace } }
            guard line.first != "#", let equals = line.firstIndex(of: "=") else { continue }
            let name = line[..<equals].reversed().drop { $0.isWhitespace }.reversed()
            guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }) else {
                continue
            }
            variables[String(name)] = Self.value(line[line.index(after: equals)...].drop { $0.isWhitespace })
        }
        return variables
    }

    /// A value without its quotes and comment; `\n` and escaped quotes count within double quotes only.
    private static func value(_ text: Substring) -> String {
        switch text.first {
        case "'": return String(text.dropFirst().prefix { $0 != "'" })
        case "\"":
            var value = ""
            var isEscaped = false
            for character in text.dropFirst() {
                if isEscaped {
                    value.append(character == "n" ? "\n" : character)
                    isEscaped = false
                } else if character == "\\" {
                    isEscaped = true
                } else if character == "\"" {
                    break
                } else {
                    value.append(character)
                }
            }
            return value
        default:
            var value = ""
            for character in text {
                // A comment needs white space before it, so that a `#` within a value stays.
                if character == "#", value.last?.isWhitespace ?? true { break }
                value.append(character)
            }
            while value.last?.isWhitespace == true { value.removeLast() }
            return value
        }
    }
}
