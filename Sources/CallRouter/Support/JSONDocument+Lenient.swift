import Foundation
import Wire

extension JSONDocument {
    /// A number, also one that is written as text, as PostgREST may write `NUMERIC`; nil for anything else and for what
    /// no date or count can be.
    var double: Double? {
        let number: Double? =
            switch self {
            case .integer(let value): Double(value)
            case .number(let value): value
            case .string(let text): Double(text)
            case .null, .bool, .array, .object: nil
            }
        return number.flatMap { $0.magnitude <= 9_007_199_254_740_991 ? $0 : nil }
    }

    /// A text, also a number as text; nil for anything else and for what is empty but for spaces.
    var lenientText: String? {
        let text: String? =
            switch self {
            case .string(let text): text
            case .integer(let value): String(value)
            case .number(let value): String(value)
            case .null, .bool, .array, .object: nil
            }
        guard let trimmed = text?.trimmingCharacters(in: .whitespacesAndNewlines), !trimmed.isEmpty else { return nil }
        return trimmed
    }
}
