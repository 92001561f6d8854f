import Foundation
import NIOCore

/// Follows the calls of this process as they happen: `GET /v1/events`, the `simulate` command.
package protocol CallObserver: Sendable {
    /// Called on the call's loop; must return at once.
    func observe(_ notice: CallNotice, callID: String, at: Date)
}

/// What an observer is told.
package enum CallNotice: Sendable, Equatable {
    case started
    /// A turn of the transcript appeared or changed.
    case turn(itemID: String, line: TranscriptLine)
    case turnLatency(Duration)
    case bargeIn(Duration)
    case reasoning(Duration, fellBack: Bool)
    case restarted
    case ended(EndReason)
}

/// Receives the audio of a call as heard on the line, for a recording; called on the call's loop.
///
/// Both sides are placed by the time since the stream began: `at` is the offset of the first byte.
package protocol CallRecorder: Sendable {
    /// Base64 of audio in the stream's format that arrived at `offset`: one call for each media message, in order.
    func caller(base64: ByteBuffer, at offset: Duration)
    /// Raw audio in the stream's format that is to be heard from `offset` on.
    func assistant(audio: ByteBuffer, at offset: Duration)
    /// What was to be played from `offset` on was cleared, or will never be heard because the call ends there.
    func cutAssistant(at offset: Duration)
    /// Ends the recording; returns at once, and the file is complete soon after.
    func finish()
}
