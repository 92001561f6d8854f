import Wire

extension Prompts {
    /// Why the voice model ends a call; the `reason` of the tool `end_call`.
    package enum EndCallReason: String, Sendable, CaseIterable {
        case goalAchieved = "goal_achieved"
        case declined, voicemail
        case doNotCall = "do_not_call"
        case other
    }

    /// Name of the tool by which the voice model hangs up.
    package static let endCallToolName = "end_call"
    /// Name of the tool by which the voice model asks Claude.
    package static let consultReasonerToolName = "consult_reasoner"

    /// Name of the tool by which the voice model hands the call to a person.
    package static let transferToolName = "transfer_call"
    /// Name of the tool by which the voice model presses keys.
    package static let keypadToolName = "send_keypad"
    /// Name of the tool by which the voice model orders a callback.
    package static let callbackToolName = "schedule_callback"

    /// The tools of a call that may do this much.
    package static func tools(_ available: CallTools) -> [ModelTool] {
        var tools = [Self.endCall, Self.consultReasoner]
        if !available.transferNumbers.isEmpty { tools.append(Self.transfer(to: available.transferNumbers)) }
        if available.sendsKeypad { tools.append(Self.sendKeypad) }
        if available.schedulesCallbacks { tools.append(Self.scheduleCallback(localTime: available.localTime)) }
        return tools
    }

    private static let endCall = ModelTool(
        name: Prompts.endCallToolName,
        description: """
            Hangs up. Say goodbye first, then call this once: when the purpose of the call is reached, the other \
            side is not interested or wants to end, asks not to be called again, or a mailbox has answered.
            """,
        parameters: """
            {"type":"object","properties":{"reason":{"type":"string","enum":[\
            \(EndCallReason.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ","))],\
            "description":"goal_achieved: the purpose is reached. declined: they are not interested. \
            voicemail: a recording, a beep or a mailbox answered. do_not_call: they do not want to be called \
            again. other: anything else."}},"required":["reason"],"additionalProperties":false}
            """
    )

    private static let consultReasoner = ModelTool(
        name: Prompts.consultReasonerToolName,
        description: """
            Asks an experienced colleague for advice on a hard question, an objection or a conflict. The answer \
            takes a second or two and is for you: put it into your own words.
            """,
        parameters: """
            {"type":"object","properties":{"situation":{"type":"string","description":"Where the conversation \
            stands, in one or two sentences."},"question":{"type":"string","description":"What you need to know, \
            as one question."}},"required":["situation","question"],"additionalProperties":false}
            """
    )

    private static func transfer(to numbers: [String]) -> ModelTool {
        ModelTool(
            name: Prompts.transferToolName,
            description: """
                Hands the call to a person of the team. First tell the caller in one sentence that you are connecting \
                them, then call this once. If nobody answers, the caller comes back to you.
                """,
            parameters: [
                "type": "object",
                "properties": [
                    "to": [
                        "type": "string", "enum": .array(numbers.map(JSONDocument.string)),
                        "description": "Whom to ring; leave it out for the usual one.",
                    ],
                    "reason": ["type": "string", "description": "Why a person is needed, in a few words."],
                ],
                "required": ["reason"], "additionalProperties": false,
            ]
        )
    }

    private static let sendKeypad = ModelTool(
        name: Prompts.keypadToolName,
        description: """
            Presses telephone keys, to get through a recorded menu that asks for them. Listen to the menu first, say \
            nothing, and listen again afterwards.
            """,
        parameters: #"""
            {"type":"object","properties":{"digits":{"type":"string","pattern":"^[0-9*#A-DwW]{1,32}$","description":\#
            "Keys 0-9, * and #, in order; w waits half a second, W a second."}},"required":["digits"],\#
            "additionalProperties":false}
            """#
    )

    private static func scheduleCallback(localTime: String?) -> ModelTool {
        ModelTool(
            name: Prompts.callbackToolName,
            description: """
                Orders a call back to this person at a time that they have agreed to. Repeat the day and the time to \
                them first.\(localTime.map { " It is now \($0) where they are." } ?? "")
                """,
            parameters: Self.callbackParameters
        )
    }

    private static let callbackParameters: JSONDocument = [
        "type": "object",
        "properties": [
            "at": [
                "type": "string", "format": "date-time",
                "description":
                    "The agreed moment with its offset from UTC, such as 2027-01-31T09:30:00-05:00.",
            ], "note": ["type": "string", "description": "What the callback is about, in one sentence."],
        ],
        "required": ["at", "note"], "additionalProperties": false,
    ]
}
