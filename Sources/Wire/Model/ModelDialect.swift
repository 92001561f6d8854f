import NIOCore

/// The language of one voice-model API over a WebSocket: how a session is opened and what its messages mean.
///
/// `RealtimeDialect` (OpenAI Realtime GA) is the one built today; a second one, such as GPT-Live, is another conformance.
package protocol ModelDialect: Sendable {
    /// The address to open for `model`, with whatever query the dialect needs.
    func address(base: String, model: String) -> String
    /// Headers of the upgrade request. The key is a secret and never logged.
    func headers(apiKey: String, safetyIdentifier: String?) -> [(name: String, value: String)]
    /// Reads one text message.
    ///
    /// - Parameters:
    ///   - message: A whole text message.
    ///   - recent: Belongs to the socket that the message came on.
    /// - Returns: What it says; ``ModelEvent/ignored(type:)`` for a type that is not known.
    /// - Throws: ``ModelMessageError`` for what is not JSON or lacks a `type`.
    func decode(
        _ message: ByteBuffer,
        reusing recent: inout RecentIdentifiers
    ) throws(ModelMessageError) -> ModelEvent
    /// Writes one command as a text message.
    func encode(_ command: ModelCommand, eventID: String) -> ByteBuffer
    /// The text before and after the base64 payload of one piece of caller audio: the message is their concatenation,
    /// so that a payload needs no JSON encoder on its way.
    var appendEnvelope: (prefix: StaticString, suffix: StaticString) { get }
}

extension ModelDialect {
    /// Reads one text message by itself.
    package func decode(_ message: ByteBuffer) throws(ModelMessageError) -> ModelEvent {
        var recent = RecentIdentifiers()
        return try self.decode(message, reusing: &recent)
    }
}

/// A message of a model that cannot be read; counted, never the end of a call.
package struct ModelMessageError: Error, Equatable, CustomStringConvertible {
    package let byteCount: Int
    package let reason: String

    package init(byteCount: Int, reason: String) {
        self.byteCount = byteCount
        self.reason = reason
    }

    package var description: String {
        "The voice model sent a message of \(self.byteCount) bytes that cannot be read (\(self.reason)); it was skipped."
    }
}
