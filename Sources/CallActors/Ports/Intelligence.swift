/// The model that answers the hard questions during a call, and sums the call up after it.
package protocol Reasoner: Sendable {
    /// Answers one question within the caller's patience: one attempt, no retry. Cancelling the task gives up.
    func advise(_ question: ReasoningQuestion) async throws(ReasoningError) -> ReasoningAnswer
}

/// The model that turns a transcript into a structured outcome.
package protocol Summarizer: Sendable {
    /// Makes one attempt; the caller retries what ``ReasoningError/isRetryable`` allows.
    func summarize(_ call: SummaryRequest) async throws(ReasoningError) -> CallSummary
}

/// What the voice model cannot answer by itself, with what is needed to answer it.
package struct ReasoningQuestion: Sendable, Equatable {
    package var callID: String
    package var situation: String
    package var question: String
    /// What the call is for, and what is known of the caller.
    package var objective: String
    /// The last turns, oldest first.
    package var turns: [TranscriptLine]

    package init(callID: String, situation: String, question: String, objective: String, turns: [TranscriptLine]) {
        self.callID = callID
        self.situation = situation
        self.question = question
        self.objective = objective
        self.turns = turns
    }
}

/// What the voice model is to say, and what it has cost.
package struct ReasoningAnswer: Sendable, Equatable {
    package var advice: String
    package var inputTokens: Int
    package var outputTokens: Int

    package init(advice: String, inputTokens: Int, outputTokens: Int) {
        self.advice = advice
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }
}

/// A call that is over and to be summed up.
package struct SummaryRequest: Sendable, Equatable {
    package var callID: String
    package var callType: String?
    package var objective: String?
    package var endReason: EndReason
    package var startedAt: String
    package var transcript: [TranscriptLine]

    package init(
        callID: String,
        callType: String?,
        objective: String?,
        endReason: EndReason,
        startedAt: String,
        transcript: [TranscriptLine]
    ) {
        self.callID = callID
        self.callType = callType
        self.objective = objective
        self.endReason = endReason
        self.startedAt = startedAt
        self.transcript = transcript
    }
}

/// The structured outcome of a call, validated.
package struct CallSummary: Sendable, Equatable {
    package var outcome: CallRecord.Outcome
    package var summary: String
    package var interestLevel: CallRecord.InterestLevel
    package var nextAction: String?
    /// ISO 8601.
    package var appointmentTime: String?
    package var quoteAmount: Double?
    package var inputTokens: Int
    package var outputTokens: Int

    package init(
        outcome: CallRecord.Outcome,
        summary: String,
        interestLevel: CallRecord.InterestLevel,
        nextAction: String?,
        appointmentTime: String?,
        quoteAmount: Double?,
        inputTokens: Int,
        outputTokens: Int
    ) {
        self.outcome = outcome
        self.summary = summary
        self.interestLevel = interestLevel
        self.nextAction = nextAction
        self.appointmentTime = appointmentTime
        self.quoteAmount = quoteAmount
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }
}

/// Why Claude gave no answer.
///
/// Never holds a key or the caller's words.
package enum ReasoningError: Error, Sendable, Equatable, CustomStringConvertible {
    case timedOut
    case overloaded(status: Int, retryAfter: Duration?)
    case refused
    case rejected(status: Int, type: String)
    case unreachable(String)
    /// An answer that does not hold what was asked for.
    case malformed(String)
    case cancelled

    /// Another attempt may succeed.
    package var isRetryable: Bool {
        switch self {
        case .timedOut, .overloaded, .unreachable, .malformed: true
        case .refused, .rejected, .cancelled: false
        }
    }

    package var description: String {
        switch self {
        case .timedOut: "Claude did not answer in time. If this repeats, check the network and ANTHROPIC_BASE_URL."
        case .overloaded(let status, _):
            "Claude is overloaded or rate-limited (HTTP \(status)). Check the account's limits."
        case .refused: "Claude declined to answer (stop reason refusal)."
        case .rejected(let status, let type):
            "Claude rejected the request (HTTP \(status), \(type)). Check ANTHROPIC_API_KEY and the model's name."
        case .unreachable(let reason): "Claude cannot be reached (\(reason)). Check the network and ANTHROPIC_BASE_URL."
        case .malformed(let reason): "Claude's answer cannot be used (\(reason))."
        case .cancelled: "The question was withdrawn."
        }
    }
}
