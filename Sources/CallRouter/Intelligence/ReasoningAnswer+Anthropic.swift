import CallActors
import Foundation
import Wire

extension ReasoningAnswer {
    /// Reads advice from an answer of Claude.
    ///
    /// An answer that ran into its token limit loses its unfinished sentence. Throws ``ReasoningError/refused`` and
    /// ``ReasoningError/malformed(_:)``.
    init(_ reply: AnthropicReply) throws(ReasoningError) {
        guard reply.stopReason != .refusal else { throw .refused }
        var advice = reply.text.trimmingCharacters(in: .whitespacesAndNewlines)
        if reply.stopReason == .maxTokens, let end = advice.lastIndex(where: { ".!?".contains($0) }) {
            advice = String(advice[...end])
        }
        guard !advice.isEmpty else { throw .malformed("it has no text; stop reason \(reply.stopReason)") }
        self.init(advice: advice, inputTokens: reply.usage.inputTokens, outputTokens: reply.usage.outputTokens)
    }
}
