import NIOCore

/// Reads the text messages of a media stream, in SignalWire's and Twilio's shape alike.
///
/// Media messages, 50 a second and call, and returning marks take a scan that neither parses JSON nor copies the audio;
/// whatever the scan is not sure of goes to the JSON decoder, so that the result never depends on it.
package enum CarrierDecoder {
    /// The length at which a name that the carrier chose is cut before it is told on.
    static let maxNameLength = 64

    /// Reads one message.
    ///
    /// Numbers may come as strings and strings as numbers; what is optional may be missing; an event that we do not know,
    /// and audio of another track than the caller's, is ``CarrierEvent/unknown(event:)``. The payload of
    /// ``CarrierEvent/media(payload:)`` is checked to be base64, so that it may stand in another JSON message as it is.
    ///
    /// - Parameter text: A whole text message. A media payload shares its storage where that is possible.
    /// - Returns: What it says.
    /// - Throws: ``CarrierMessageError`` for what is no JSON object, has no `event`, or lacks what its event needs.
    package static func decode(_ text: ByteBuffer) throws(CarrierMessageError) -> CarrierEvent {
        if let payload = MediaScan.payload(of: text) { return .media(payload: payload) }
        if let name = MarkScan.name(in: text) { return .mark(name: name) }
        return try Self.decodeJSON(text)
    }

    /// Audio that is the caller's: SignalWire and Twilio say `inbound`, Twilio in places `inbound_track`.
    static func isInbound(track: String) -> Bool { track == "inbound" || track == "inbound_track" }
}
