import NIOCore

/// One value of the Redis serialization protocol, version 2.
package enum RESPValue: Sendable, Equatable {
    /// A status, such as `OK`.
    case simple(String)
    /// What the server refused, in its words.
    case error(String)
    case integer(Int64)
    case bulk(ByteBuffer)
    case array([RESPValue])
    /// A bulk string or an array that is not there.
    case null

    /// The text of a status or a bulk string; nil for anything else.
    package var text: String? {
        switch self {
        case .simple(let text): text
        case .bulk(let bytes): String(buffer: bytes)
        case .error, .integer, .array, .null: nil
        }
    }

    /// The number of an integer; nil for anything else.
    package var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The elements of an array; nil for anything else.
    package var elements: [RESPValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// An array of names and values in turn, as `HGETALL` answers; nil for anything else.
    package var fields: [String: String]? {
        guard let elements = self.elements, elements.count.isMultiple(of: 2) else { return nil }
        var fields: [String: String] = [:]
        for index in stride(from: 0, to: elements.count, by: 2) {
            guard let name = elements[index].text, let value = elements[index + 1].text else { return nil }
            fields[name] = value
        }
        return fields
    }
}
