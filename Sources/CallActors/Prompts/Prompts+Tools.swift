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

    /// The tools of the voice model.
    package static let tools: [ModelTool] = [
        ModelTool(
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
        ),
        ModelTool(
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
        ),
    ]
}
