import NIOCore

/// Writes the messages of one media stream to the carrier.
package struct CarrierEncoder: Sendable {
    /// What every message begins with after its event: the stream's identifier, and the object's last brace left out.
    private let media: ByteBuffer
    private let mark: ByteBuffer
    private let clearMessage: ByteBuffer
    private let dtmf: ByteBuffer

    private static let audioEnd: StaticString = "\"}}"

    /// - Parameter streamSID: The identifier of the `start` message; escaped here, once.
    package init(streamSID: String) {
        var quoted = ByteBuffer()
        quoted.writeJSONString(streamSID)
        self.media = Self.beginning("media", quoted, then: #","media":{"payload":""#)
        self.mark = Self.beginning("mark", quoted, then: #","mark":{"name":"#)
        self.clearMessage = Self.beginning("clear", quoted, then: "}")
        self.dtmf = Self.beginning("dtmf", quoted, then: #","dtmf":{"digit":"#)
    }

    /// Plays `audio`, raw in the stream's format, after what is queued already: one buffer, allocated once.
    package func media(audio: ByteBuffer) -> ByteBuffer {
        var message = ByteBufferAllocator().buffer(capacity: self.mediaByteCount(audio: audio))
        self.writeMedia(audio: audio, into: &message)
        return message
    }

    /// The length of the message that plays `audio`.
    package func mediaByteCount(audio: ByteBuffer) -> Int {
        self.media.readableBytes + Base64.encodedByteCount(of: audio.readableBytes) + Self.audioEnd.utf8CodeUnitCount
    }

    /// Appends the message that plays `audio`, so that it can be written where it leaves from.
    package func writeMedia(audio: ByteBuffer, into message: inout ByteBuffer) {
        message.writeImmutableBuffer(self.media)
        Base64.encode(audio, into: &message)
        message.writeStaticString(Self.audioEnd)
    }

    /// Asks for the mark `name` to be sent back once what is queued has been played or thrown away.
    package func mark(_ name: String) -> ByteBuffer { Self.message(self.mark, name) }

    /// Throws away what is queued.
    package func clear() -> ByteBuffer { self.clearMessage }

    /// Presses the key `digit` of `0-9 * # A-D`.
    ///
    /// SignalWire alone knows this message; it takes one digit.
    package func dtmf(_ digit: String) -> ByteBuffer { Self.message(self.dtmf, digit) }

    private static func message(_ beginning: ByteBuffer, _ value: String) -> ByteBuffer {
        var message = ByteBufferAllocator().buffer(capacity: beginning.readableBytes + value.utf8.count + 8)
        message.writeImmutableBuffer(beginning)
        message.writeJSONString(value)
        message.writeStaticString("}}")
        return message
    }

    private static func beginning(_ event: String, _ quotedSID: ByteBuffer, then rest: String) -> ByteBuffer {
        var beginning = ByteBuffer(string: #"{"event":"\#(event)","streamSid":"#)
        beginning.writeImmutableBuffer(quotedSID)
        beginning.writeString(rest)
        return beginning
    }
}
