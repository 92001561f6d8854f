import NIOHTTP1

/// Everything that happened on one connection to the voice model, as the stand-in saw it.
package struct ModelConnectionRecord: Sendable {
    /// A client event other than an append.
    package struct ReceivedEvent: Sendable {
        package var type: String
        package var json: StandInJSON
        package var at: ContinuousClock.Instant
    }

    /// A server event; its audio is left out.
    package struct SentEvent: Sendable {
        package var type: String
        package var json: StandInJSON
        package var at: ContinuousClock.Instant
    }

    /// 20 ms of the caller's audio.
    package struct CallerFrame: Sendable, Equatable {
        package var stamp: FrameStamp?
        package var at: ContinuousClock.Instant
    }

    /// One thing the caller said, as the voice activity detection cut it out.
    package struct Utterance: Sendable {
        package var itemID: String
        package var startedAt: ContinuousClock.Instant
        /// When the speech was found to be over.
        package var stoppedAt: ContinuousClock.Instant?
        package var audioStartMilliseconds: Int
        package var audioEndMilliseconds: Int?
        package var text: String?
    }

    /// A response, from its creation to its end.
    package struct Response: Sendable {
        package var id: String
        package var cause: ModelTurn.Cause
        package var createdAt: ContinuousClock.Instant
        package var doneAt: ContinuousClock.Instant?
        package var status: String?
    }

    /// Speech that was put out, whole or in part.
    package struct SpokenItem: Sendable {
        /// The source of its frames' stamps; unique in this stand-in.
        package var number: UInt32
        package var itemID: String
        package var responseID: String
        package var text: String
        package var firstAudioAt: ContinuousClock.Instant
        /// Audio that was sent, in milliseconds.
        package var sentMilliseconds: Int
    }

    /// A `conversation.item.truncate`.
    package struct Truncation: Sendable, Equatable {
        package var itemID: String
        /// The ``SpokenItem/number`` of the item, where it was speech.
        package var itemNumber: UInt32?
        package var endMilliseconds: Int
        /// The error's message where it was refused.
        package var refusal: String?
        package var at: ContinuousClock.Instant
    }

    package struct ToolCall: Sendable {
        package var callID: String
        package var name: String
        package var arguments: String
        package var sentAt: ContinuousClock.Instant
        package var output: String?
        package var answeredAt: ContinuousClock.Instant?
    }

    /// Its place among all connections of the stand-in, from 0.
    package let index: Int
    package let uri: String
    package let headers: HTTPHeaders
    package let openedAt: ContinuousClock.Instant
    /// The caller, by the stamps in its audio.
    package var caller: UInt32?
    package var received: [ReceivedEvent] = []
    package var sent: [SentEvent] = []
    package var frames: [CallerFrame] = []
    /// Whole frames of 20 ms that were appended, also where ``frames`` is not kept.
    package var frameCount = 0
    /// Every byte that was appended, in order.
    package var audio: [UInt8] = []
    package var appendCount = 0
    package var appendedByteCount = 0
    package var utterances: [Utterance] = []
    package var responses: [Response] = []
    package var spoken: [SpokenItem] = []
    package var truncations: [Truncation] = []
    package var toolCalls: [ToolCall] = []
    /// A `session.update` has been confirmed.
    package var isConfigured = false
    /// The effective session.
    package var session: StandInJSON = .null
    /// Error events that were sent, by code.
    package var errorCodes: [String] = []
    /// What the client did that the API or RFC 6455 does not allow.
    package var violations: [String] = []
    package var close: SocketClose?

    package init(index: Int, uri: String, headers: HTTPHeaders, openedAt: ContinuousClock.Instant) {
        self.index = index
        self.uri = uri
        self.headers = headers
        self.openedAt = openedAt
    }

    /// The events of one type that the client sent.
    package func received(_ type: String) -> [StandInJSON] { self.received.filter { $0.type == type }.map(\.json) }

    /// The events of one type that were sent to the client.
    package func sent(_ type: String) -> [StandInJSON] { self.sent.filter { $0.type == type }.map(\.json) }
}
