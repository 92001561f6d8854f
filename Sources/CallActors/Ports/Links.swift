import NIOCore
import Wire

/// A carrier stream, as the call that it carries uses it.
///
/// All methods are called on the call's loop and return at once.
package protocol CarrierLink: AnyObject, Sendable {
    /// Tells this stream from the other streams of the process.
    var id: UInt64 { get }
    var streamSID: String { get }
    /// The stream belongs to this session from now on: what arrives on it goes there.
    func attached(to session: CallSession)
    /// False while the far end reads too slowly: audio is then dropped and counted, never piled up.
    var isWritable: Bool { get }
    /// Queues raw audio in the stream's format: one media message.
    func send(audio: ByteBuffer)
    func send(mark: String)
    /// Throws away what the carrier has not played yet.
    func clear()
    func send(dtmf: String)
    /// Writes out what was queued.
    func flush()
    /// Closes the stream with a WebSocket close code and reason; nothing may be sent afterwards.
    func close(code: UInt16, reason: String)
}

/// An open socket to the voice model.
///
/// All methods are called on the call's loop and return at once.
package protocol ModelLink: AnyObject, Sendable {
    var isWritable: Bool { get }
    /// Queues one piece of caller audio: base64 text in the session's input format.
    func append(base64: ByteBuffer)
    func send(_ command: ModelCommand, eventID: String)
    func flush()
    func close()
}

/// Opens sockets to the voice model.
package protocol ModelConnector: Sendable {
    /// Opens one socket on `loop`. The receiver is given the link on the loop, then its events in order, until
    /// ``ModelReceiver/modelClosed(code:reason:)``. Where the opening fails, the receiver hears nothing.
    ///
    /// - Parameters:
    ///   - loop: Where the socket lives.
    ///   - endUser: The far party's number; only a keyed hash of it may leave the process.
    ///   - receiver: Takes the link and then the events.
    /// - Throws: ``ModelConnectError`` where no session can be had on this socket.
    func connect(
        on loop: CallLoop,
        endUser: String?,
        receiver: any ModelReceiver
    ) async throws(ModelConnectError)
}

/// Takes what arrives on one model socket; called on the call's loop.
package protocol ModelReceiver: AnyObject, Sendable {
    /// The socket is open; called once, before anything else.
    func modelOpened(_ link: any ModelLink)
    func model(event: ModelEvent, readAt: ContinuousClock.Instant)
    func modelSentMalformedMessage(_ error: ModelMessageError)
    /// One read from the socket has been handed over: a good moment to flush.
    func modelReadComplete()
    /// The socket is closed; called once, and nothing comes after it.
    func modelClosed(code: UInt16?, reason: String)
}

/// Why no socket to the voice model could be opened.
package enum ModelConnectError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The upgrade was answered with something other than 101.
    case refused(status: Int)
    case unreachable(String)
    case timedOut

    /// Trying again cannot help: the key or the configuration is wrong.
    package var isFatal: Bool {
        if case .refused(let status) = self { return [400, 401, 403, 404].contains(status) }
        return false
    }

    package var description: String {
        switch self {
        case .refused(let status):
            "The voice model refused the connection (HTTP \(status)). Check OPENAI_API_KEY and OPENAI_REALTIME_MODEL."
        case .unreachable(let reason):
            "The voice model cannot be reached (\(reason)). Check OPENAI_REALTIME_URL and port 443."
        case .timedOut: "The voice model did not answer in time. Check the network to OPENAI_REALTIME_URL."
        }
    }
}
