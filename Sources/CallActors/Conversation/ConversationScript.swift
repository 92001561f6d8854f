import Wire

/// What one call tells its voice model: the fixed texts of a conversation.
package struct ConversationScript: Sendable, Equatable {
    /// The session's instructions: role, rules of the trade, what is known of the caller.
    package var instructions: String
    /// Instructions of the first response.
    package var greeting: String
    /// Instructions of the last response when a limit ends the call, by the reason that it ends for.
    package var goodbyes: [EndReason: String]
    /// Instructions of the last response when the model hangs up without having said goodbye.
    package var farewell: String
    /// Instructions of the short line that bridges a long consultation.
    package var filler: String
    /// Output of a consultation that the caller's next words made pointless.
    package var withdrawnConsultation: String
    /// Output of a hang-up that the caller's next words undid.
    package var withdrawnHangUp: String
    /// System message ahead of a replayed conversation.
    package var historyPreamble: String
    package var tools: [ModelTool]
    /// Instructions of the response that is left on a mailbox.
    package var voicemailMessage: String
    /// Numbers that the model may hand the call to, in E.164; empty: none.
    package var transferNumbers: [String] = []
    /// Instructions of the line that announces a person, where the model has not said it by itself.
    package var transferAnnouncement = ""
    /// Instructions of the response that takes the call back from a transfer that nobody answered.
    package var transferUnanswered = ""

    package init(
        instructions: String,
        greeting: String,
        goodbyes: [EndReason: String],
        farewell: String,
        filler: String,
        withdrawnConsultation: String,
        withdrawnHangUp: String,
        historyPreamble: String,
        tools: [ModelTool],
        voicemailMessage: String
    ) {
        self.instructions = instructions
        self.greeting = greeting
        self.goodbyes = goodbyes
        self.farewell = farewell
        self.filler = filler
        self.withdrawnConsultation = withdrawnConsultation
        self.withdrawnHangUp = withdrawnHangUp
        self.historyPreamble = historyPreamble
        self.tools = tools
        self.voicemailMessage = voicemailMessage
    }
}
