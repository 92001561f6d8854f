import Foundation

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
    package var attempt: Int
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

    package init() {}
}
