import Foundation

/// A JSON document as a value, for messages that are built by shape and for schemas that come as text.
///
/// Numbers without a fraction are kept as ``integer(_:)``, so that identifiers and counts stay exact. ``encoded()``
/// writes keys in order and leaves slashes alone: equal values are equal bytes, as prompt caches want them.
package enum JSONDocument: Sendable, Equatable {
    case null
    case bool(Bool)
    case integer(Int)
    case number(Double)
    case string(String)
    case array([JSONDocument])
    case object([String: JSONDocument])

    /// Reads a JSON text; nil when it is none.
    package init?(parsing text: String) {
        guard let value = try? JSONDecoder().decode(JSONDocument.self, from: Data(text.utf8)) else { return nil }
        self = value
    }

    /// The member of an object; nil where there is none, or where this is no object.
    package subscript(_ key: String) -> JSONDocument? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }
}

extension JSONDocument: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode([JSONDocument].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONDocument].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value) where value.isFinite: try container.encode(value)
        case .number: try container.encodeNil()
        case .string(let value): try container.encode(value)
        case .array(let values): try container.encode(values)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSONDocument: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral elements: JSONDocument...) { self = .array(elements) }

    /// An object; of a key that is written twice the last value counts.
    package init(dictionaryLiteral elements: (String, JSONDocument)...) {
        self = .object(Dictionary(elements) { _, last in last })
    }
}
