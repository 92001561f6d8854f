import CallActors
import Wire

/// Builds schemas in the dialect of OpenAPI 3.1 (JSON Schema 2020-12).
enum APISchema {
    static func reference(_ name: String) -> JSONDocument { ["$ref": .string("#/components/schemas/\(name)")] }

    static func string(_ description: String? = nil, format: String? = nil, example: String? = nil) -> JSONDocument {
        Self.type("string", description, format: format, examples: example.map { [.string($0)] })
    }

    /// A text that says something, as ``TextRule`` has it.
    static func text(_ description: String? = nil, limit: Int, example: String? = nil) -> JSONDocument {
        var schema = Self.members(Self.string(description, example: example))
        schema["minLength"] = 1
        schema["maxLength"] = .integer(limit)
        schema["pattern"] = .string(TextRule.pattern)
        return .object(schema)
    }

    static func number(_ description: String? = nil, example: String? = nil) -> JSONDocument {
        var schema = Self.members(Self.string(description, example: example))
        schema["pattern"] = #"^\+[1-9][0-9]{1,14}$"#
        return .object(schema)
    }

    static func integer(
        _ description: String? = nil,
        in range: ClosedRange<Int>? = nil,
        usual: Int? = nil
    ) -> JSONDocument {
        var schema = Self.members(Self.type("integer", description))
        schema["minimum"] = .integer(range?.lowerBound ?? 0)
        if let range { schema["maximum"] = .integer(range.upperBound) }
        if let usual { schema["default"] = .integer(usual) }
        return .object(schema)
    }

    static func amount(_ description: String? = nil) -> JSONDocument {
        var schema = Self.members(Self.type("number", description))
        schema["minimum"] = 0
        return .object(schema)
    }

    static func flag(_ description: String? = nil) -> JSONDocument { Self.type("boolean", description) }

    static func choice(_ choices: [String], _ description: String? = nil) -> JSONDocument {
        var schema = Self.members(Self.type("string", description))
        schema["enum"] = .array(choices.map(JSONDocument.string))
        return .object(schema)
    }

    static func list(of items: JSONDocument) -> JSONDocument { ["type": "array", "items": items] }

    /// An object with exactly these members.
    static func object(_ members: [String: JSONDocument], required: [String], _ description: String? = nil)
        -> JSONDocument
    {
        var schema = Self.members(Self.type("object", description))
        schema["properties"] = .object(members)
        if !required.isEmpty { schema["required"] = .array(required.sorted().map(JSONDocument.string)) }
        schema["additionalProperties"] = false
        return .object(schema)
    }

    /// An object whose members are always there.
    static func whole(_ members: [String: JSONDocument], _ description: String? = nil) -> JSONDocument {
        Self.object(members, required: Array(members.keys), description)
    }

    /// What `schema` says, or null.
    static func nullable(_ schema: JSONDocument) -> JSONDocument {
        guard case .object(var members) = schema, let type = members["type"] else {
            return ["anyOf": [schema, ["type": "null"]]]
        }
        members["type"] = [type, "null"]
        if case .array(let choices)? = members["enum"] { members["enum"] = .array(choices + [.null]) }
        return .object(members)
    }

    private static func type(
        _ type: String,
        _ description: String?,
        format: String? = nil,
        examples: [JSONDocument]? = nil
    ) -> JSONDocument {
        var schema: [String: JSONDocument] = ["type": .string(type)]
        if let description { schema["description"] = .string(description) }
        if let format { schema["format"] = .string(format) }
        if let examples { schema["examples"] = .array(examples) }
        return .object(schema)
    }

    private static func members(_ schema: JSONDocument) -> [String: JSONDocument] {
        guard case .object(let members) = schema else { return [:] }
        return members
    }
}
