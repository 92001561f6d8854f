import NIOCore

/// What a carrier says on a media stream, in SignalWire's and Twilio's shape alike.
package enum CarrierEvent: Sendable, Equatable {
    /// The first message of a stream; carries nothing that we need.
    case connected
    /// The stream begins: who calls, on which call, in which format.
    case start(StreamStart)
    /// One piece of the caller's audio, as base64 text that stays undecoded on its way to the model.
    case media(payload: ByteBuffer)
    /// The caller pressed a key: one of `0-9 * # A-D`.
    case dtmf(digit: String)
    /// A mark came back: what was queued before it has been played, or thrown away by `clear`.
    case mark(name: String)
    /// The carrier ended the stream: the caller hung up, or the call was redirected.
    case stop
    /// A well-formed message whose `event` we do not know; to be counted and ignored.
    case unknown(event: String)
}

/// The `start` message of a media stream.
package struct StreamStart: Sendable, Equatable {
    /// The stream's identifier, which every message to the carrier repeats.
    package var streamSID: String
    /// The carrier's identifier of the call, where it was given.
    package var callSID: String?
    package var accountSID: String?
    /// `<Parameter>` names and values; empty where none were set.
    package var customParameters: [String: String]
    /// The announced format; nil where the message has no `mediaFormat` (PCMU is then taken for granted).
    package var mediaFormat: MediaFormat?

    package init(
        streamSID: String,
        callSID: String?,
        accountSID: String? = nil,
        customParameters: [String: String] = [:],
        mediaFormat: MediaFormat? = nil
    ) {
        self.streamSID = streamSID
        self.callSID = callSID
        self.accountSID = accountSID
        self.customParameters = customParameters
        self.mediaFormat = mediaFormat
    }
}

/// `start.mediaFormat` as the carrier announced it.
package struct MediaFormat: Sendable, Equatable {
    /// `audio/x-mulaw` or `audio/x-L16`.
    package var encoding: String
    package var sampleRate: Int
    package var channels: Int

    package init(encoding: String, sampleRate: Int, channels: Int) {
        self.encoding = encoding
        self.sampleRate = sampleRate
        self.channels = channels
    }

    /// The format that we can carry under this name, or nil: mu-law at 8 kHz, L16 at 16 or 24 kHz, one channel.
    package var audioFormat: AudioFormat? {
        guard self.channels == 1 else { return nil }
        switch (self.encoding.lowercased(), self.sampleRate) {
        case ("audio/x-mulaw", 8000), ("audio/pcmu", 8000): return .pcmu
        case ("audio/x-l16", 16_000), ("audio/l16", 16_000): return .l16(rate: 16_000)
        case ("audio/x-l16", 24_000), ("audio/l16", 24_000): return .l16(rate: 24_000)
        default: return nil
        }
    }
}
