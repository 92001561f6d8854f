import HTTPTypes
import Wire

/// The description of `/v1` in OpenAPI 3.1: `GET /v1/openapi.json`.
struct APIDescription {
    /// How the world reaches this router; nil where that is not set.
    let publicURL: PublicURL?

    var document: JSONDocument {
        var paths: [String: [String: JSONDocument]] = [:]
        for operation in Self.operations {
            paths[operation.path, default: [:]][operation.method.rawValue.lowercased()] = operation.document
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "CallRouter", "version": .string(RouterVersion.current),
                "description": "Places telephone calls that a voice model leads, and tells what became of them.",
            ],
            "servers": [["url": .string(self.publicURL?.web("") ?? "/")]],
            "security": [["bearer": []]],
            "paths": .object(paths.mapValues(JSONDocument.object)),
            "components": [
                "schemas": .object(APISchema.components), "responses": Self.sharedResponses,
                "securitySchemes": [
                    "bearer": [
                        "type": "http", "scheme": "bearer",
                        "description": "ROUTER_API_TOKEN. Without one, programs on the router's machine need none.",
                    ]
                ],
            ],
        ]
    }

    static var operations: [APIOperation] {
        Self.callOperations + Self.controlOperations + Self.optOutOperations + Self.otherOperations
    }

    private static var sharedResponses: JSONDocument {
        func with(_ header: String, _ schema: JSONDocument, _ response: JSONDocument) -> JSONDocument {
            guard case .object(var members) = response else { return response }
            members["headers"] = .object([header: ["required": true, "schema": schema]])
            return .object(members)
        }
        return [
            "Unauthorized": with(
                "WWW-Authenticate",
                APISchema.string(),
                APIOperation.error("unauthorized", message: "Send the router's API token as Authorization: Bearer.")
            ),
            "RateLimited": with(
                "Retry-After",
                APISchema.integer("Seconds."),
                APIOperation.error("rate_limited", message: "Too many requests. Try again in 2 seconds.")
            ),
        ]
    }

    // MARK: - Opt-outs

    private static var optOutOperations: [APIOperation] {
        let unavailable = APIOperation.error(
            "unavailable",
            "carrier_not_configured",
            message: "The call store does not answer."
        )
        let example: JSONDocument = ["number": "+15551234567", "at": "2027-01-31T14:30:00.000Z", "source": "api"]
        let number = APISchema.whole(["number": APISchema.number(example: "+15551234567")])
        return [
            APIOperation(
                method: .get,
                path: "/v1/opt-outs",
                name: "listOptOuts",
                summary: "The numbers that must not be called.",
                tag: "Opt-outs",
                responses: [
                    "200": APIOperation.json("OptOuts", "All of them.", example: ["numbers": [example]]),
                    "503": unavailable,
                ]
            ),
            APIOperation(
                method: .post,
                path: "/v1/opt-outs",
                name: "addOptOut",
                summary: "Closes a number: queued calls to it end, and no further ones are taken.",
                tag: "Opt-outs",
                details: ["requestBody": APIOperation.body(number, example: ["number": "+15551234567"])],
                responses: [
                    "201": APIOperation.json("OptOut", "The number is closed.", example: example),
                    "400": APIOperation.invalid("number", APIError.numberFault), "413": APIOperation.tooLarge,
                    "415": APIOperation.notJSON, "503": unavailable,
                ]
            ),
            APIOperation(
                method: .delete,
                path: "/v1/opt-outs/{number}",
                name: "removeOptOut",
                summary: "Opens a number again.",
                tag: "Opt-outs",
                details: [
                    "parameters": [
                        [
                            "name": "number", "in": "path", "required": true, "example": "+15551234567",
                            "schema": ["type": "string", "minLength": 1, "maxLength": 200],
                        ]
                    ]
                ],
                responses: [
                    "204": ["description": "It may be called again."],
                    "404": APIOperation.error("not_found", message: "This number is not among them."),
                    "503": unavailable,
                ]
            ),
        ]
    }
}
