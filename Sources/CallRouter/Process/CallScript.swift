import CallActors

/// Words the texts of one call from the prompt templates.
enum CallScript {
    static func make(
        for record: CallRecord,
        prompts: Prompts,
        defaultSystemPrompt: String,
        tools: CallTools
    ) -> ConversationScript {
        var script = ConversationScript(
            instructions: prompts.instructions(
                for: record,
                defaultSystemPrompt: defaultSystemPrompt,
                tools: tools
            ),
            greeting: prompts.greeting(for: record),
            goodbyes: [
                .maxDuration: prompts.goodbye(.maxDuration),
                .maxCost: prompts.goodbye(.maxCost),
                .drained: prompts.goodbye(.drained),
            ],
            farewell: prompts.say("Thank you for your time. Goodbye."),
            filler: prompts.say(prompts.fillers.randomElement() ?? "One moment, please."),
            withdrawnConsultation: prompts.withdrawnConsultation,
            withdrawnHangUp: #"{"status":"not done","reason":"The caller spoke again. Go on with the conversation."}"#,
            historyPreamble: prompts.historyPreamble,
            tools: Prompts.tools(tools),
            voicemailMessage: prompts.say(prompts.voicemailMessage(for: record))
        )
        script.transferNumbers = tools.transferNumbers
        script.transferAnnouncement = prompts.transferAnnouncement
        script.transferUnanswered = prompts.transferUnanswered
        return script
    }
}
