@testable import CallActors

extension ConversationScript {
    /// Texts that say what they are.
    static let sample: ConversationScript = {
        var script = plain
        script.transferNumbers = ["+15550001111", "+15550002222"]
        script.transferAnnouncement = "announce"
        script.transferUnanswered = "nobody answered"
        return script
    }()

    private static let plain = ConversationScript(
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
