@testable import CallActors

extension ConversationScript {
    /// Texts that say what they are.
    static let sample = ConversationScript(
        instructions: "instructions",
        greeting: "greeting",
        goodbyes: [.maxDuration: "goodbye: time", .drained: "goodbye: drained"],
        farewell: "farewell",
        filler: "filler",
        withdrawnConsultation: "consultation withdrawn",
        withdrawnHangUp: "hang-up withdrawn",
        historyPreamble: "what was said before",
        tools: [],
        voicemailMessage: "voicemail message"
    )
}
