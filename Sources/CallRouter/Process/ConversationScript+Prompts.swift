import CallActors

extension ConversationScript {
    /// The texts of one call, from the prompts of the product.
    init(for record: CallRecord, prompts: Prompts, defaultSystemPrompt: String) {
        self.init(
            instructions: prompts.instructions(for: record, defaultSystemPrompt: defaultSystemPrompt),
            greeting: prompts.greeting(for: record),
            goodbyes: [
                .maxDuration: prompts.goodbye(.maxDuration),
                .maxCost: prompts.goodbye(.maxCost),
                .drained: prompts.goodbye(.drained),
            ],
            farewell: prompts.say("Thank you for your time. Goodbye."),
            // Another one in every call, so that who calls twice does not hear the same line twice.
            filler: prompts.say(prompts.fillers.randomElement() ?? "One moment, please."),
            withdrawnConsultation: prompts.withdrawnConsultation,
            withdrawnHangUp: "The caller went on speaking, so the call was not ended. Answer them.",
            historyPreamble: prompts.historyPreamble,
            tools: Prompts.tools
        )
    }
}
