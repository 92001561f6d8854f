import Foundation

/// The arguments of a tool call: a JSON object that the model wrote and that may be anything.
struct ToolArguments: Sendable {
    private let values: [String: String]

    /// Reads what can be read; a broken object holds nothing.
    init(_ json: String) {
        let object = try? JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any]
        self.values = (object ?? [:]).compactMapValues { value in
            switch value {
            case let text as String: text
            case let number as NSNumber: number.stringValue
            default: nil
            }
        }
    }

    subscript(_ name: String) -> String? { self.values[name] }

    /// Writes a JSON object of strings.
    static func encode(_ values: [String: String]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(values) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
