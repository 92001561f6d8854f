import CallActors

/// Words the texts of calls from the prompt templates; what is the same in all of them is worded once.
struct CallScript: Sendable {
    private let prompts: Prompts
    private let defaultSystemPrompt: String
    private let goodbyes: [EndReason: String]
    private let farewell: String

    init(prompts: Prompts, defaultSystemPrompt: String) {
        self.prompts = prompts
        self.defaultSystemPrompt = defaultSystemPrompt
        self.goodbyes = [
            .maxDuration: prompts.goodbye(.maxDuration),
            .maxCost: prompts.goodbye(.maxCost),
            .drained: prompts.goodbye(.drained),
        ]
        self.farewell = prompts.say("Thank you for your time. Goodbye.")
    }

    /// What the AI of this call is told and says.
    func make(for record: CallRecord, tools: CallTools) -> ConversationScript {
        var script = ConversationScript(
            instructions: self.prompts.instructions(
                for: record,
                defaultSystemPrompt: self.defaultSystemPrompt,
                tools: tools
            ),
            greeting: self.prompts.greeting(for: record),
            goodbyes: self.goodbyes,
            farewell: self.farewell,
            filler: self.prompts.fillerInstructions.randomElement() ?? self.prompts.say("One moment, please."),
            withdrawnConsultation: self.prompts.withdrawnConsultation,
            withdrawnHangUp: #"{"status":"not done","reason":"The caller spoke again. Go on with the conversation."}"#,
            historyPreamble: self.prompts.historyPreamble,
            tools: Prompts.tools(tools),
            // Nobody who calls us is a mailbox.
            voicemailMessage: record.direction == .outbound
                ? self.prompts.say(self.prompts.voicemailMessage(for: record)) : ""
        )
        script.transferNumbers = tools.transferNumbers
        script.transferAnnouncement = self.prompts.transferAnnouncement
        script.transferUnanswered = self.prompts.transferUnanswered
        return script
    }
}
