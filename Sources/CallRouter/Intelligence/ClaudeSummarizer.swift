import CallActors
import Foundation
import Wire

/// Asks Claude to turn the transcript of a call that is over into a structured outcome.
///
/// One attempt; the caller tries again. The transcript goes along as data within delimiters that it cannot close, and
/// the answer must follow a JSON Schema. A schema guarantees shape, not truth: ``SummaryAnswer`` checks the values.
package struct ClaudeSummarizer: Summarizer {
    /// Characters of a transcript that Claude is shown: about 80 000 tokens, below the price step at 100 000.
    static let longestTranscript = 240_000

    private let client: AnthropicClient
    private let model: String
    private let prompts: Prompts
    private let timeout: Duration

    /// - Parameters:
    ///   - client: Shared by all calls.
    ///   - model: Such as `claude-haiku-5-5`.
    ///   - prompts: Gives the instructions and words the request.
    ///   - timeout: From the request to the whole answer; no caller waits for it.
    package init(client: AnthropicClient, model: String, prompts: Prompts, timeout: Duration = .seconds(60)) {
        self.client = client
        self.model = model
        self.prompts = prompts
        self.timeout = timeout
    }

    package func summarize(_ call: SummaryRequest) async throws(ReasoningError) -> CallSummary {
        let request = Self.request(for: call, model: self.model, prompts: self.prompts)
        let reply: AnthropicReply
        do throws(AnthropicError) {
            reply = try await self.client.send(request, timeout: self.timeout)
        } catch {
            throw ReasoningError(error)
        }
        return try SummaryAnswer.summary(from: reply)
    }

    /// Words the request for `model`.
    static func request(for call: SummaryRequest, model: String, prompts: Prompts) -> AnthropicRequest {
        var bounded = call
        bounded.transcript = Self.bounded(call.transcript, to: Self.longestTranscript)
        return AnthropicRequest(
            model: model,
            // Thinking counts as well.
            maxTokens: 4000,
            system: [prompts.summarySystemPrompt],
            messages: [AnthropicMessage(role: .user, content: prompts.summaryMessage(for: bounded))],
            effort: .medium,
            outputSchema: SummaryAnswer.schema
        )
    }

    /// The transcript without its middle where it is longer than `limit` characters: how a call began and what came
    /// of it count most.
    static func bounded(_ transcript: [TranscriptLine], to limit: Int) -> [TranscriptLine] {
        guard transcript.reduce(0, { $0 + $1.content.count }) > limit else { return transcript }
        func fitting(_ lines: some Sequence<TranscriptLine>) -> Int {
            var room = limit / 2
            return lines.prefix { line in
                room -= line.content.count
                return room >= 0
            }.count
        }
        let head = transcript.prefix(fitting(transcript))
        let tail = transcript.suffix(fitting(transcript.reversed()))
        let leftOut = transcript.count - head.count - tail.count
        guard let next = transcript.dropFirst(head.count).first, leftOut > 0 else { return transcript }
        let note = "[\(leftOut) turns of this long call are left out here]"
        return head + [TranscriptLine(role: next.role, content: note, at: next.at)] + tail
    }
}
