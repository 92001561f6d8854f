import Foundation
import Wire

@testable import CallRouter

/// Says what in a value breaks a schema: as much of JSON Schema 2020-12 as the description of the API uses.
struct SchemaCheck {
    /// The whole description, for references.
    let description: JSONDocument

    /// One line for each fault, with its place.
    func faults(of value: JSONDocument, by schema: JSONDocument, at place: String = "$") -> [String] {
        if case .string(let name)? = schema["$ref"] {
            guard let target = self.target(of: name) else { return ["\(place): \(name) leads nowhere"] }
            return self.faults(of: value, by: target, at: place)
        }
        var faults = self.typeFaults(of: value, by: schema, at: place)
        if case .array(let choices)? = schema["enum"], !choices.contains(value) {
            faults.append("\(place): not in the enumeration")
        }
        if case .array(let parts)? = schema["allOf"] {
            faults += parts.flatMap { self.faults(of: value, by: $0, at: place) }
        }
        if case .array(let parts)? = schema["anyOf"],
            !parts.contains(where: { self.faults(of: value, by: $0, at: place).isEmpty })
        {
            faults.append("\(place): none of the alternatives")
        }
        switch value {
        case .object(let members): faults += self.memberFaults(of: members, by: schema, at: place)
        case .array(let items):
            if let schema = schema["items"] {
                faults += items.enumerated().flatMap { self.faults(of: $1, by: schema, at: "\(place)[\($0)]") }
            }
        case .string(let text): faults += self.textFaults(of: text, by: schema, at: place)
        case .integer(let number): faults += self.boundFaults(of: Double(number), by: schema, at: place)
        case .number(let number): faults += self.boundFaults(of: number, by: schema, at: place)
        case .bool, .null: break
        }
        return faults
    }

    /// What a reference such as `#/components/schemas/Call` names.
    func target(of reference: String) -> JSONDocument? {
        reference.split(separator: "/").dropFirst().reduce(self.description as JSONDocument?) { $0?[String($1)] }
    }

    private func typeFaults(of value: JSONDocument, by schema: JSONDocument, at place: String) -> [String] {
        let types: [JSONDocument]
        switch schema["type"] {
        case nil: return []
        case .array(let several)?: types = several
        case let one?: types = [one]
        }
        let names: Set<String> =
            switch value {
            case .null: ["null"]
            case .bool: ["boolean"]
            case .integer: ["integer", "number"]
            case .number: ["number"]
            case .string: ["string"]
            case .array: ["array"]
            case .object: ["object"]
            }
        let isOne = types.contains { if case .string(let name) = $0 { names.contains(name) } else { false } }
        return isOne ? [] : ["\(place): not of type \(types)"]
    }

    private func memberFaults(of members: [String: JSONDocument], by schema: JSONDocument, at place: String) -> [String]
    {
        var faults: [String] = []
        if case .array(let required)? = schema["required"] {
            for case .string(let name) in required where members[name] == nil {
                faults.append("\(place).\(name): missing")
            }
        }
        for (name, value) in members {
            if let schema = schema["properties"]?[name] {
                faults += self.faults(of: value, by: schema, at: "\(place).\(name)")
            } else if schema["additionalProperties"] == .bool(false) {
                faults.append("\(place).\(name): unknown")
            } else if let rest = schema["additionalProperties"], case .object = rest {
                faults += self.faults(of: value, by: rest, at: "\(place).\(name)")
            }
        }
        return faults
    }

    private func textFaults(of text: String, by schema: JSONDocument, at place: String) -> [String] {
        var faults: [String] = []
        let length = text.unicodeScalars.count
        if case .integer(let limit)? = schema["minLength"], length < limit { faults.append("\(place): too short") }
        if case .integer(let limit)? = schema["maxLength"], length > limit { faults.append("\(place): too long") }
        if case .string(let pattern)? = schema["pattern"], text.range(of: pattern, options: .regularExpression) == nil {
            faults.append("\(place): does not match \(pattern)")
        }
        if schema["format"] == .string("date-time"), RFC3339.date(text) == nil {
            faults.append("\(place): no date-time")
        }
        return faults
    }

    private func boundFaults(of number: Double, by schema: JSONDocument, at place: String) -> [String] {
        var faults: [String] = []
        if case .integer(let bound)? = schema["minimum"], number < Double(bound) {
            faults.append("\(place): too small")
        }
        if case .integer(let bound)? = schema["maximum"], number > Double(bound) {
            faults.append("\(place): too large")
        }
        return faults
    }
}

extension JSONDocument {
    /// The members of an object; none where this is no object.
    var members: [String: JSONDocument] { if case .object(let members) = self { members } else { [:] } }
}
