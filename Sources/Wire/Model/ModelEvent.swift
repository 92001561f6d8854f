import NIOCore

/// What a voice model says during a session, whatever its dialect.
///
/// The names follow OpenAI's Realtime API, whose terms the field has taken up; the message names themselves stay inside
/// the dialect.
package enum ModelEvent: Sendable, Equatable {
    /// The session exists; it may be configured now.
    case sessionCreated(ModelSessionInfo)
    /// The session took our configuration; `inputFormat` and `outputFormat` are the effective ones.
    case sessionUpdated(ModelSessionInfo)
    case responseCreated(id: String, metadata: [String: String])
    /// An item entered the conversation after `previousItemID` (nil: at its start, or not told).
    case itemAdded(ModelItem, previousItemID: String?)
    /// Base64 text of audio in the session's output format; irregular sizes.
    case audio(responseID: String, itemID: String, base64: ByteBuffer)
    case audioDone(responseID: String, itemID: String)
    /// The words of the model's audio; they run ahead of the sound.
    case transcriptDelta(responseID: String, itemID: String, text: String)
    case transcriptDone(responseID: String, itemID: String, text: String)
    /// The whole text of a text-only (out-of-band) response.
    case textDone(responseID: String, text: String)
    case functionCall(ModelFunctionCall)
    case responseDone(ModelResponseResult)
    /// The caller began to speak, `audioStart` of appended audio into the session (prefix padding included).
    case speechStarted(itemID: String, audioStart: Duration)
    case speechStopped(itemID: String, audioEnd: Duration)
    /// The caller's audio became an item of the conversation: what was appended before is not needed again.
    case committed(itemID: String, previousItemID: String?)
    case callerTranscript(itemID: String, text: String, usage: ModelUsage?)
    case callerTranscriptFailed(itemID: String, code: String?, message: String)
    /// Nobody spoke for the configured idle time; the model will speak by itself.
    case idleTimeout(itemID: String)
    case truncated(itemID: String, audioEnd: Duration)
    case deleted(itemID: String)
    case error(ModelErrorInfo)
    /// Known and of no interest to a call (deltas of arguments, rate limits, confirmations), or unknown.
    case ignored(type: String)
}

/// The model's session as it reports it.
package struct ModelSessionInfo: Sendable, Equatable {
    package var id: String?
    /// nil where the reported format is absent or none that we know.
    package var inputFormat: AudioFormat?
    package var outputFormat: AudioFormat?
    /// Unix time in seconds at which the session ends by itself, where told.
    package var expiresAt: Int?

    package init(id: String?, inputFormat: AudioFormat?, outputFormat: AudioFormat?, expiresAt: Int?) {
        self.id = id
        self.inputFormat = inputFormat
        self.outputFormat = outputFormat
        self.expiresAt = expiresAt
    }
}

/// One item of the model's conversation.
package struct ModelItem: Sendable, Equatable {
    package enum Kind: Sendable, Equatable {
        case message(role: Role)
        case functionCall, functionCallOutput
        case other(String)
    }

    package enum Role: String, Sendable, Codable { case user, assistant, system }

    package var id: String
    package var kind: Kind

    package init(id: String, kind: Kind) {
        self.id = id
        self.kind = kind
    }
}

/// A tool call with its complete arguments.
package struct ModelFunctionCall: Sendable, Equatable {
    package var responseID: String
    package var itemID: String
    package var callID: String
    package var name: String
    /// A JSON object as text; may be invalid where the response was cut.
    package var arguments: String

    package init(responseID: String, itemID: String, callID: String, name: String, arguments: String) {
        self.responseID = responseID
        self.itemID = itemID
        self.callID = callID
        self.name = name
        self.arguments = arguments
    }
}

/// How a response ended.
package struct ModelResponseResult: Sendable, Equatable {
    package enum Status: String, Sendable { case completed, cancelled, incomplete, failed }

    package var id: String
    package var status: Status
    /// `turn_detected`, `client_cancelled`, `max_output_tokens`, `content_filter`, where given.
    package var reason: String?
    /// Of a failed response.
    package var error: ModelErrorInfo?
    package var usage: ModelUsage?
    package var metadata: [String: String]
    /// Identifiers of the items it produced, in order.
    package var itemIDs: [String]

    package init(
        id: String,
        status: Status,
        reason: String? = nil,
        error: ModelErrorInfo? = nil,
        usage: ModelUsage? = nil,
        metadata: [String: String] = [:],
        itemIDs: [String] = []
    ) {
        self.id = id
        self.status = status
        self.reason = reason
        self.error = error
        self.usage = usage
        self.metadata = metadata
        self.itemIDs = itemIDs
    }
}

/// Tokens of one response or transcription; cached ones are a subset of the input.
package struct ModelUsage: Sendable, Equatable {
    package var inputTokens = 0
    package var outputTokens = 0
    package var cachedTokens = 0
    package var inputTextTokens = 0
    package var inputAudioTokens = 0
    package var cachedTextTokens = 0
    package var cachedAudioTokens = 0
    package var outputTextTokens = 0
    package var outputAudioTokens = 0
    /// Seconds of audio, where the provider bills transcription by time.
    package var seconds: Double = 0

    package init() {}
}

/// An `error` event of the model, or the error of a failed response.
package struct ModelErrorInfo: Sendable, Equatable {
    package var type: String?
    package var code: String?
    /// The provider's words: for debug logs only.
    package var message: String
    /// The identifier of our event that caused it, where known.
    package var eventID: String?

    package init(type: String?, code: String?, message: String, eventID: String? = nil) {
        self.type = type
        self.code = code
        self.message = message
        self.eventID = eventID
    }
}
