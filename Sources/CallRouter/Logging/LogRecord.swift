import Foundation
import Logging

/// One record of the log, and the lines that it may become.
struct LogRecord {
    let date: Date
    let level: Logger.Level
    let label: String
    let message: String
    let metadata: Logger.Metadata

    /// One JSON object with a newline: `ts`, `level`, `msg`, `label`, and `metadata` where there is any.
    var json: String {
        var line = #"{"ts":"\#(self.date.timestamp)","level":"\#(self.level.rawValue)","msg":"#
        Self.append(self.message, to: &line)
        line += #","label":"#
        Self.append(self.label, to: &line)
        if !self.metadata.isEmpty {
            line += #","metadata":"#
            Self.append(.dictionary(self.metadata), to: &line)
        }
        return line + "}\n"
    }

    /// A line for people, with a newline; line breaks within the message are indented.
    var text: String {
        let level = self.level.rawValue.uppercased().padding(toLength: 8, withPad: " ", startingAt: 0)
        let metadata = self.metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let message = self.message.split(separator: "\n").joined(separator: "\n    ")
        return "\(self.date.timestamp) \(level) [\(self.label)] \(message)\(metadata)\n"
    }

    private static func append(_ value: Logger.MetadataValue, to line: inout String) {
        switch value {
        case .string(let text): Self.append(text, to: &line)
        case .stringConvertible(let value): Self.append(value.description, to: &line)
        case .array(let values):
            line += "["
            for (index, value) in values.enumerated() {
                if index > 0 { line += "," }
                Self.append(value, to: &line)
            }
            line += "]"
        case .dictionary(let values):
            line += "{"
            for (index, (key, value)) in values.sorted(by: { $0.key < $1.key }).enumerated() {
                if index > 0 { line += "," }
                Self.append(key, to: &line)
                line += ":"
                Self.append(value, to: &line)
            }
            line += "}"
        }
    }

    /// A JSON string (RFC 8259 §7).
    private static func append(_ text: String, to line: inout String) {
        line += "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": line += "\\\""
            case "\\": line += "\\\\"
            case "\n": line += "\\n"
            case "\r": line += "\\r"
            case "\t": line += "\\t"
            case "\u{0}"..."\u{1F}": line += "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: line.unicodeScalars.append(scalar)
            }
        }
        line += "\""
    }
}
