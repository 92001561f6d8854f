import HTTPTypes
import Wire

extension APIDescription {
    static var controlOperations: [APIOperation] {
        let transfer = APISchema.whole(["to": APISchema.number(example: "+15557654321")])
        let say = APISchema.whole(["text": APISchema.text(limit: CallControlRoutes.textLimit)])
        return [
            Self.control("hangup", "hangUpCall", "Ends a live call, or one that rings.", body: nil, extra: [:]),
            Self.control(
                "transfer",
                "transferCall",
                "Hands a live call to a human: the AI announces it, then the carrier dials.",
                body: APIOperation.body(transfer, example: ["to": "+15557654321"]),
                extra: [
                    "400": APIOperation.invalid("to", APIError.numberFault),
                    "403": APIOperation.error(
                        "not_allowed",
                        message: "Calls are transferred only to the numbers of TRANSFER_NUMBERS."
                    ),
                    "503": APIOperation.error(
                        "carrier_not_configured",
                        "unavailable",
                        message: "This router has no carrier account."
                    ),
                ]
            ),
            Self.control(
                "say",
                "sayInCall",
                "Has the AI speak a text as given, after the response now playing.",
                body: APIOperation.body(say, example: ["text": "We will call you back within the hour."]),
                extra: ["400": APIOperation.invalid("text", "must not be empty")]
            ),
        ]
    }

    private static func control(
        _ verb: String,
        _ name: String,
        _ summary: String,
        body: JSONDocument?,
        extra: [String: JSONDocument]
    ) -> APIOperation {
        var details: [String: JSONDocument] = ["parameters": [APIOperation.callParameter]]
        var responses: [String: JSONDocument] = [
            "202": APIOperation.json("CallAction", "It is being done."), "404": APIOperation.noCall,
            "409": APIOperation.notLive, "503": APIOperation.unavailable,
        ]
        if let body {
            details["requestBody"] = body
            responses["413"] = APIOperation.tooLarge
            responses["415"] = APIOperation.notJSON
        }
        responses.merge(extra) { $1 }
        return APIOperation(
            method: .post,
            path: "/v1/calls/{call_id}/\(verb)",
            name: name,
            summary: summary,
            tag: "Live calls",
            details: details,
            responses: responses
        )
    }
}
