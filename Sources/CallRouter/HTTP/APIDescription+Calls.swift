import HTTPTypes
import CallActors
import Wire

extension APIDescription {
    static var callOperations: [APIOperation] { [Self.create, Self.list, Self.get, Self.recording] }

    private static var create: APIOperation {
        let example: JSONDocument = [
            "to": "+15551234567", "call_type": "qualify_lead", "objective": "Find out what is to be repaired.",
            "lead_details": ["service_category": "roofing", "budget_max": 500],
        ]
        let key: JSONDocument = [
            "name": "Idempotency-Key", "in": "header", "required": false,
            "description": "Makes an order that is sent again the same call; kept for 24 hours.",
            "schema": ["type": "string", "pattern": "^[!-~]{1,255}$"],
        ]
        return APIOperation(
            method: .post,
            path: "/v1/calls",
            name: "createCall",
            summary: "Orders a call; it is dialled when its time, the callee's hours and the pace allow.",
            tag: "Calls",
            details: [
                "parameters": [key],
                "requestBody": APIOperation.body(APISchema.reference("CallOrder"), example: example),
            ],
            responses: [
                "202": APIOperation.json(
                    "CallAccepted",
                    "Stored.",
                    example: ["call_id": "8b9f0c52-6d53-4c3e-9a39-2f4f3f0f5a11", "status": "queued"]
                ),
                "400": APIOperation.invalid("to", APIError.numberFault),
                "403": APIOperation.error("not_allowed", message: "This number is not to be called."),
                "409": APIOperation.error("opted_out", message: "This number must not be called."),
                "413": APIOperation.tooLarge, "415": APIOperation.notJSON,
                "422": APIOperation.error("idempotency_mismatch", message: "This key was used for another order."),
                "503": APIOperation.error(
                    "draining",
                    "at_capacity",
                    "carrier_not_configured",
                    "unavailable",
                    message: "This router is stopping and takes no new calls."
                ),
            ]
        )
    }

    private static var list: APIOperation {
        let statuses = APISchema.choice(CallRecord.Status.allCases.map(\.rawValue))
        let limits = CallRoutes.pageLengths
        return APIOperation(
            method: .get,
            path: "/v1/calls",
            name: "listCalls",
            summary: "Calls, newest first, without their transcripts.",
            tag: "Calls",
            details: [
                "parameters": [
                    APIOperation.query("status", "Only calls that stand so.", statuses),
                    APIOperation.query(
                        "limit",
                        "Calls on a page.",
                        APISchema.integer(in: 1...limits.limit, usual: limits.usual)
                    ),
                    APIOperation.query("cursor", "The next_cursor of the page before.", ["type": "string"]),
                ]
            ],
            responses: [
                "200": APIOperation.json("CallPage", "One page."),
                "400": APIOperation.invalid("limit", "must be from 1 to \(limits.limit)"),
                "503": APIOperation.unavailable,
            ]
        )
    }

    private static var get: APIOperation {
        APIOperation(
            method: .get,
            path: "/v1/calls/{call_id}",
            name: "getCall",
            summary: "One call with its transcript, also while it is live.",
            tag: "Calls",
            details: ["parameters": [APIOperation.callParameter]],
            responses: [
                "200": APIOperation.json("Call", "The call."), "404": APIOperation.noCall,
                "503": APIOperation.unavailable,
            ]
        )
    }

    private static var recording: APIOperation {
        let audio: JSONDocument = ["audio/wav": [:]]
        let range: JSONDocument = [
            "name": "Range", "in": "header", "required": false, "schema": ["type": "string"],
            "description": "One range of bytes (RFC 9110); anything else gets the whole.",
        ]
        return APIOperation(
            method: .get,
            path: "/v1/calls/{call_id}/recording.wav",
            name: "getRecording",
            summary: "The recording: left the caller, right the AI, as heard on the line.",
            tag: "Calls",
            details: ["parameters": [APIOperation.callParameter, range]],
            responses: [
                "200": ["description": "The whole recording.", "content": audio],
                "206": ["description": "The range that was asked for.", "content": audio],
                "404": APIOperation.error("not_found", message: "There is no recording of this call."),
                "416": ["description": "The recording is shorter."],
                "503": APIOperation.unavailable,
            ]
        )
    }
}
