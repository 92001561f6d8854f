import CallActors

/// Words the texts of one call from the prompt templates.
enum CallScript {
    static func make(for record: CallRecord, prompts: Prompts, defaultSystemPrompt: String) -> ConversationScript {
        ConversationScript(
            instructions: prompts.instructions(for: record, defaultSystemPrompt: defaultSystemPrompt),
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
            tools: Prompts.tools,
            voicemailMessage: prompts.say(prompts.voicemailMessage(for: record))
        )
    }
}
