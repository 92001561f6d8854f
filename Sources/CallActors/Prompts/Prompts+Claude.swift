extension Prompts {
    /// The user message that asks Claude for advice during a call; what was said stands in it as data.
    package func reasonerMessage(for question: ReasoningQuestion) -> String {
        self.render(
            .reasonerMessage,
            ReasonerValues(
                objective: PromptText.line(question.objective) ?? "not given",
                turns: question.turns.compactMap(TurnValues.init),
                situation: PromptText.line(question.situation) ?? "not given",
                question: PromptText.line(question.question) ?? "not given"
            )
        )
    }

    /// The user message that asks Claude to sum up a call; what was said stands in it as data.
    package func summaryMessage(for call: SummaryRequest) -> String {
        self.render(
            .summaryMessage,
            SummaryValues(
                callType: PromptText.line(call.callType) ?? "not given",
                objective: PromptText.line(call.objective) ?? "not given",
                startedAt: PromptText.line(call.startedAt) ?? "not known",
                endReason: call.endReason.rawValue,
                turns: call.transcript.compactMap(TurnValues.init)
            )
        )
    }
}

private struct TurnValues {
    let speaker: String
    let content: String
    let interrupted: Bool

    /// nil for a turn without words.
    init?(_ line: TranscriptLine) {
        guard let content = PromptText.line(line.content) else { return nil }
        self.speaker =
            switch line.role {
            case .assistant: "AI"
            case .user: "Caller"
            }
        self.content = content
        self.interrupted = line.interrupted
    }
}

private struct ReasonerValues {
    let objective: String
    let turns: [TurnValues]
    let situation: String
    let question: String
}

private struct SummaryValues {
    let callType: String
    let objective: String
    let startedAt: String
    let endReason: String
    let turns: [TurnValues]
}
