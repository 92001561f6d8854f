import Wire

/// Everything that happened on one media stream, as the carrier saw it.
package struct CarrierStreamRecord: Sendable {
    /// One media message of the router.
    package struct Media: Sendable, Equatable {
        package var at: ContinuousClock.Instant
        package var byteCount: Int
        /// The item of its first frame, where that has a stamp.
        package var item: UInt32?
    }

    /// A `clear` of the router.
    package struct Clear: Sendable, Equatable {
        package var at: ContinuousClock.Instant
        package var discardedByteCount: Int
        /// The item that was playing, and how much of it was heard.
        package var item: UInt32?
        package var heardMilliseconds: Int
    }

    /// A `mark` of the router.
    package struct Mark: Sendable, Equatable {
        package var name: String
        package var at: ContinuousClock.Instant
        package var echoedAt: ContinuousClock.Instant?
        /// Echoed because of `clear`.
        package var isCleared = false
    }

    package let streamSID: String
    package let format: AudioFormat
    package let openedAt: ContinuousClock.Instant
    /// The `<Parameter>`s that the start message held.
    package let parameters: [String: String]
    package var media: [Media] = []
    package var clears: [Clear] = []
    package var marks: [Mark] = []
    /// Digits that the router sent.
    package var digits: [String] = []
    package var items: [CarrierPlayout.HeardItem] = []
    /// What was heard, without the silence; set when the stream is closed.
    package var sounds: [CarrierPlayout.Sound] = []
    /// Raw audio as it arrived, where the settings keep it.
    package var audio: [UInt8] = []
    package var close: SocketClose?
    package var closedAt: ContinuousClock.Instant?

    package init(
        streamSID: String,
        format: AudioFormat,
        openedAt: ContinuousClock.Instant,
        parameters: [String: String]
    ) {
        self.streamSID = streamSID
        self.format = format
        self.openedAt = openedAt
        self.parameters = parameters
    }
}
