/// A JSON value whose objects keep the order of their members, as the providers write them.
package indirect enum StandInJSON: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(Double)
    case string(String)
    case array([StandInJSON])
    case object([StandInJSONMember])

    /// The member called `name`; nil where this is no object or has no such member.
    ///
    /// The last one of a name counts.
    package subscript(name: String) -> StandInJSON? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.name == name }?.value
    }

    /// The text of a string.
    package var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// The value of a whole number.
    package var int: Int? {
        guard case .number(let value) = self else { return nil }
        return Int(exactly: value)
    }

    package var double: Double? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements of an array; nil for anything else.
    package var array: [StandInJSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The members of an object in order; nil for anything else.
    package var members: [StandInJSONMember]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    package var isNull: Bool { self == .null }

    /// The names of an object's members in order; empty for anything else.
    package var keys: [String] { self.members?.map(\.name) ?? [] }

    /// This object with `name` set to `value`, in its place or at the end.
    ///
    /// Anything but an object is returned as it is.
    package func setting(_ name: String, _ value: StandInJSON) -> StandInJSON {
        guard case .object(var members) = self else { return self }
        if let index = members.firstIndex(where: { $0.name == name }) {
            members[index].value = value
        } else {
            members.append(StandInJSONMember(name: name, value: value))
        }
        return .object(members)
    }
}

/// One member of a JSON object.
package struct StandInJSONMember: Sendable, Equatable {
    package var name: String
    package var value: StandInJSON

    package init(name: String, value: StandInJSON) {
        self.name = name
        self.value = value
    }
}

extension StandInJSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .number(Double(value)) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(arrayLiteral elements: StandInJSON...) { self = .array(elements) }
    package init(dictionaryLiteral elements: (String, StandInJSON)...) {
        self = .object(elements.map { StandInJSONMember(name: $0.0, value: $0.1) })
    }

    /// A string, or null.
    package init(_ text: String?) { self = text.map { .string($0) } ?? .null }

    package init(_ value: Int) { self = .number(Double(value)) }

    /// An object of strings, sorted by name; null for nil.
    package init(_ values: [String: String]?) {
        guard let values else {
            self = .null
            return
        }
        let names = values.keys.sorted()
        self = .object(names.map { StandInJSONMember(name: $0, value: .string(values[$0] ?? "")) })
    }
}
