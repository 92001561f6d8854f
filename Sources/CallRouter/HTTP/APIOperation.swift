import HTTPTypes
import Wire

/// One method of one path, as the description of the API tells it.
struct APIOperation: Sendable {
    let method: HTTPRequest.Method
    /// With its parameters in braces.
    let path: String
    let name: String
    let summary: String
    let tag: String
    /// Members of the operation beyond the ordinary: `description`, `parameters`, `requestBody`.
    var details: [String: JSONDocument] = [:]
    /// Status code to response, without those that every operation has.
    var responses: [String: JSONDocument]

    var document: JSONDocument {
        var document = self.details
        document["operationId"] = .string(self.name)
        document["summary"] = .string(self.summary)
        document["tags"] = [.string(self.tag)]
        var responses = self.responses
        responses["401"] = ["$ref": "#/components/responses/Unauthorized"]
        responses["429"] = ["$ref": "#/components/responses/RateLimited"]
        document["responses"] = .object(responses)
        return .object(document)
    }

    // MARK: - Responses

    /// A response with a JSON body of a named schema.
    static func json(_ schema: String, _ description: String, example: JSONDocument? = nil) -> JSONDocument {
        var content: [String: JSONDocument] = ["schema": APISchema.reference(schema)]
        if let example { content["example"] = example }
        return ["description": .string(description), "content": ["application/json": .object(content)]]
    }

    /// A response with an error of one of `codes`.
    static func error(_ codes: String..., message: String, fields: [String: String]? = nil) -> JSONDocument {
        var example: [String: JSONDocument] = ["code": .string(codes[0]), "message": .string(message)]
        if let fields { example["fields"] = .object(fields.mapValues(JSONDocument.string)) }
        let names = JSONDocument.array(codes.map(JSONDocument.string))
        let narrowed: JSONDocument = ["properties": ["error": ["properties": ["code": ["enum": names]]]]]
        let content: JSONDocument = [
            "schema": ["allOf": [APISchema.reference("Error"), narrowed]],
            "example": ["error": .object(example)],
        ]
        let description = codes.map { "`\($0)`" }.joined(separator: ", ")
        return ["description": .string(description), "content": ["application/json": content]]
    }

    static let unavailable = Self.error("unavailable", message: "The call store does not answer.")
    static let noCall = Self.error("not_found", message: "There is no call with this identifier.")
    static let notLive = Self.error("not_live", message: "The call is completed, not live on this router.")
    static let tooLarge = Self.error("too_large", message: "A request body may have at most 65536 bytes.")
    static let notJSON = Self.error(
        "unsupported_media_type",
        message: "Send the body as Content-Type: application/json."
    )

    static func invalid(_ field: String, _ fault: String) -> JSONDocument {
        Self.error("invalid_request", message: "Correct these fields: \(field).", fields: [field: fault])
    }

    // MARK: - Requests

    static func body(_ schema: JSONDocument, example: JSONDocument) -> JSONDocument {
        ["required": true, "content": ["application/json": ["schema": schema, "example": example]]]
    }

    static func query(_ name: String, _ description: String, _ schema: JSONDocument) -> JSONDocument {
        ["name": .string(name), "in": "query", "description": .string(description), "schema": schema]
    }

    static let callParameter: JSONDocument = [
        "name": "call_id", "in": "path", "required": true,
        "schema": ["type": "string", "minLength": 1, "maxLength": 200],
        "example": "8b9f0c52-6d53-4c3e-9a39-2f4f3f0f5a11",
    ]
}
