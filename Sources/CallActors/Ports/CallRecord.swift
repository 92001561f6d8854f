import Foundation
import Wire

/// Everything that is known of one call, as the store keeps it and `GET /v1/calls/{call_id}` shows it.
package struct CallRecord: Sendable, Equatable, Codable {
    package enum Direction: String, Sendable, Codable { case inbound, outbound }

    /// Where a call stands.
    ///
    /// Order by (attempt, status): `queued` < … < `inProgress` < {`completed`, `failed`}.
    package enum Status: String, Sendable, Codable, CaseIterable {
        case queued, initiating, ringing
        case inProgress = "in_progress"
        case completed, failed

        /// The call is over for good.
        package var isTerminal: Bool { self == .completed || self == .failed }
    }

    /// What came of the call; nil in the record until it is final.
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        case goalAchieved = "goal_achieved"
        case noAnswer = "no_answer"
        case voicemail, declined, error
    }

    package enum InterestLevel: String, Sendable, Codable { case high, medium, low, none }

    package var callID: String
    package var callSID: String?
    package var direction: Direction
    package var from: String?
    package var to: String?
    package var status: Status
    package var outcome: Outcome?
    package var endReason: EndReason?
    package var callType: String?
    package var objective: String?
    package var systemPrompt: String?
    package var voice: String?
    package var leadID: String?
    package var businessID: String?
    package var consumerID: String?
    package var initiatorID: String?
    package var scheduledTime: Date?
    /// From 1 on; the unanswered ones before it are part of this record.
    package var attempt: Int
    /// When a queued call is to be dialled: its scheduled time, or that of its next attempt.
    package var dialAt: Date?
    /// When the present attempt was about to be sent to the carrier; nil before the first.
    package var dialledAt: Date?
    /// `SequenceNumber` of the newest status callback of the present attempt.
    package var carrierSequence: Int?
    /// Who answered, as the carrier's detection has it.
    package var answeredBy: String?
    package var createdAt: Date
    package var startedAt: Date?
    package var endedAt: Date?
    package var durationSeconds: Int?
    package var transcript: [TranscriptLine]
    package var summary: String?
    package var consumerInterestLevel: InterestLevel?
    package var nextAction: String?
    package var appointmentTime: String?
    package var quoteAmount: Double?
    package var recordingURL: String?
    package var errorMessage: String?
    package var usage: CallUsage
    package var costUSD: Double?
    /// Facts about the lead and the business that the prompt may use: name to value.
    package var context: [String: String]

    /// The number of whoever talks with us.
    package var farParty: String? { self.direction == .inbound ? self.from : self.to }

    package init(callID: String, callSID: String? = nil, direction: Direction, status: Status, createdAt: Date) {
        self.callID = callID
        self.callSID = callSID
        self.direction = direction
        self.status = status
        self.createdAt = createdAt
        self.attempt = 1
        self.transcript = []
        self.usage = CallUsage()
        self.context = [:]
    }
}

/// Why a call ended; the contract's `end_reason`.
package enum EndReason: String, Sendable, Codable, CaseIterable {
    case callerHangup = "caller_hangup"
    case aiHangup = "ai_hangup"
    case operatorHangup = "operator_hangup"
    case transferred, voicemail
    case noAnswer = "no_answer"
    case busy
    case carrierFailed = "carrier_failed"
    case modelFailed = "model_failed"
    case maxDuration = "max_duration"
    case maxCost = "max_cost"
    case stale
    case streamLost = "stream_lost"
    case optedOut = "opted_out"
    case drained, crashed
}

/// One turn of the conversation, as it was heard.
package struct TranscriptLine: Sendable, Equatable, Codable {
    package enum Role: String, Sendable, Codable { case assistant, user }

    package var role: Role
    package var content: String
    /// When the turn began.
    package var at: Date
    /// The caller cut this answer off; `content` ends where they stopped hearing it.
    package var interrupted: Bool

    package init(role: Role, content: String, at: Date, interrupted: Bool = false) {
        self.role = role
        self.content = content
        self.at = at
        self.interrupted = interrupted
    }
}

/// What a call has used of its providers.
package struct CallUsage: Sendable, Equatable, Codable {
    package var modelInputTokens = 0
    package var modelOutputTokens = 0
    package var modelCachedTokens = 0
    package var claudeInputTokens = 0
    package var claudeOutputTokens = 0
    package var carrierSeconds = 0
    /// What the tokens of the voice model were, for their price; their sums are in the totals above.
    package var voice = VoiceUsage()
    /// Transcription of the caller's speech, where it is billed by time.
    package var transcriptionSeconds = 0.0

    package init() {}

    private enum CodingKeys: String, CodingKey {
        case modelInputTokens, modelOutputTokens, modelCachedTokens, claudeInputTokens, claudeOutputTokens
        case carrierSeconds, voice, transcriptionSeconds
    }

    /// Reads what any version wrote: what it did not count is 0.
    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.modelInputTokens = try values.decodeIfPresent(Int.self, forKey: .modelInputTokens) ?? 0
        self.modelOutputTokens = try values.decodeIfPresent(Int.self, forKey: .modelOutputTokens) ?? 0
        self.modelCachedTokens = try values.decodeIfPresent(Int.self, forKey: .modelCachedTokens) ?? 0
        self.claudeInputTokens = try values.decodeIfPresent(Int.self, forKey: .claudeInputTokens) ?? 0
        self.claudeOutputTokens = try values.decodeIfPresent(Int.self, forKey: .claudeOutputTokens) ?? 0
        self.carrierSeconds = try values.decodeIfPresent(Int.self, forKey: .carrierSeconds) ?? 0
        self.voice = try values.decodeIfPresent(VoiceUsage.self, forKey: .voice) ?? VoiceUsage()
        self.transcriptionSeconds = try values.decodeIfPresent(Double.self, forKey: .transcriptionSeconds) ?? 0
    }
}

/// Tokens of a voice model by kind; the cached ones are a subset of the input.
package struct VoiceUsage: Sendable, Equatable, Codable {
    package var inputText = 0
    package var inputAudio = 0
    package var cachedText = 0
    package var cachedAudio = 0
    package var outputText = 0
    package var outputAudio = 0
    /// Of a transcription model that bills by tokens.
    package var transcriptionInput = 0
    package var transcriptionOutput = 0

    package init() {}

    /// Adds the tokens of one response of the voice model, or of one transcription.
    package mutating func add(_ used: ModelUsage) {
        self.inputText += used.inputTextTokens
        self.inputAudio += used.inputAudioTokens
        self.cachedText += used.cachedTextTokens
        self.cachedAudio += used.cachedAudioTokens
        self.outputText += used.outputTextTokens
        self.outputAudio += used.outputAudioTokens
    }
}
