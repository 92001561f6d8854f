import Mustache

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

private struct TurnValues: MustacheParent {
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

    func child(named name: String) -> Any? {
        switch name {
        case "speaker": self.speaker
        case "content": self.content
        case "interrupted": self.interrupted
        default: nil
        }
    }
}

private struct ReasonerValues: MustacheParent {
    let objective: String
    let turns: [TurnValues]
    let situation: String
    let question: String

    func child(named name: String) -> Any? {
        switch name {
        case "objective": self.objective
        case "turns": self.turns
        case "situation": self.situation
        case "question": self.question
        default: nil
        }
    }
}

private struct SummaryValues: MustacheParent {
    let callType: String
    let objective: String
    let startedAt: String
    let endReason: String
    let turns: [TurnValues]

    func child(named name: String) -> Any? {
        switch name {
        case "callType": self.callType
        case "objective": self.objective
        case "startedAt": self.startedAt
        case "endReason": self.endReason
        case "turns": self.turns
        default: nil
        }
    }
}
