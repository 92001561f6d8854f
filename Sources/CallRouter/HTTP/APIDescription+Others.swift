import HTTPTypes
import Wire

extension APIDescription {
    static var otherOperations: [APIOperation] { [Self.statistics, Self.events, Self.itself] }

    private static var statistics: APIOperation {
        let days = StatisticsRoutes.days
        return APIOperation(
            method: .get,
            path: "/v1/stats",
            name: "getStatistics",
            summary: "Totals over the calls of the last days.",
            tag: "Reports",
            details: [
                "parameters": [
                    APIOperation.query(
                        "days",
                        "Back from now.",
                        APISchema.integer(in: 1...days.limit, usual: days.usual)
                    )
                ]
            ],
            responses: [
                "200": APIOperation.json("Statistics", "The totals."),
                "400": APIOperation.invalid("days", "must be from 1 to \(days.limit)"),
                "503": APIOperation.error(
                    "unavailable",
                    "carrier_not_configured",
                    message: "The call store does not answer."
                ),
            ]
        )
    }

    private static var events: APIOperation {
        let description = """
            Server-sent events of all calls from now on: `call.started`, `call.turn` (`item_id`, `role`, `content`, \
            `interrupted`; sent again while the turn grows), `call.barge_in` (`barge_in_ms`), `call.reasoning` \
            (`reasoning_ms`, `fell_back`), `call.restarted`, `call.ended` (`end_reason`). The data of each is a JSON \
            object that also has `call_id` and `at`. A comment every 15 seconds keeps the connection. A reader that is \
            too slow loses the oldest events.
            """
        let example = """
            event: call.ended
            data: {"at":"2027-01-31T14:30:00.000Z","call_id":"8b9f0c52-6d53-4c3e-9a39-2f4f3f0f5a11",\
            "end_reason":"caller_hangup"}


            """
        let content: JSONDocument = ["schema": ["type": "string"], "example": .string(example)]
        return APIOperation(
            method: .get,
            path: "/v1/events",
            name: "followEvents",
            summary: "What happens in all calls, as it happens.",
            tag: "Reports",
            details: ["description": .string(description)],
            responses: [
                "200": [
                    "description": "Ends when the router stops.", "content": ["text/event-stream": content],
                ],
                "503": APIOperation.error(
                    "at_capacity",
                    "carrier_not_configured",
                    message: "64 programs follow the events already."
                ),
            ]
        )
    }

    private static var itself: APIOperation {
        APIOperation(
            method: .get,
            path: "/v1/openapi.json",
            name: "getDescription",
            summary: "This description.",
            tag: "Reports",
            responses: [
                "200": [
                    "description": "OpenAPI 3.1.", "content": ["application/json": ["schema": ["type": "object"]]],
                ]
            ]
        )
    }
}
