import CallActors
import Wire

/// Asks Claude for advice while the caller waits.
///
/// One attempt within the deadline, and never a second one: the call has its fallback sentence at once. What was said
/// on the telephone goes along as data within one message; the instructions are the same for all calls, so that the
/// provider can cache them. They forbid promising prices, discounts or results.
package struct ClaudeReasoner: Reasoner {
    /// How many turns Claude is shown: what a question is about was said lately, and every turn costs time.
    static let turnCount = 12

    private let client: AnthropicClient
    private let model: String
    private let prompts: Prompts
    private let deadline: Duration

    /// - Parameters:
    ///   - client: Shared by all calls.
    ///   - model: Such as `claude-haiku-5-5`.
    ///   - prompts: Gives the instructions and words the question.
    ///   - deadline: `REASONING_DEADLINE_SECONDS`, from the question to the whole answer.
    package init(client: AnthropicClient, model: String, prompts: Prompts, deadline: Duration) {
        self.client = client
        self.model = model
        self.prompts = prompts
        self.deadline = deadline
    }

    package func advise(_ question: ReasoningQuestion) async throws(ReasoningError) -> ReasoningAnswer {
        let request = Self.request(for: question, model: self.model, prompts: self.prompts)
        let reply: AnthropicReply
        do throws(AnthropicError) {
            reply = try await self.client.stream(request, timeout: self.deadline)
        } catch {
            throw ReasoningError(error)
        }
        return try ReasoningAnswer(reply)
    }

    /// Words the question for `model`.
    static func request(for question: ReasoningQuestion, model: String, prompts: Prompts) -> AnthropicRequest {
        var recent = question
        recent.turns = question.turns.suffix(Self.turnCount)
        return AnthropicRequest(
            model: model,
            // Three sentences; a model that cannot help thinking needs room for that as well.
            maxTokens: AnthropicRequest.canAnswerWithoutThinking(model) ? 200 : 1200,
            system: [prompts.reasonerSystemPrompt],
            messages: [AnthropicMessage(role: .user, content: prompts.reasonerMessage(for: recent))],
            thinking: .least,
            effort: .low
        )
    }
}
