/// What calls tell the metrics.
///
/// Cheap enough to be called once per frame; never blocks.
package protocol CallMetering: AnyObject, Sendable {
    func frameWritten(_ direction: FrameDirection, relay: Duration)
    func framesDropped(_ direction: FrameDirection, reason: FrameDropReason, count: Int)
    func framesReplayed(count: Int)
    func malformedMessage(_ peer: MeteredPeer)
    func turnLatency(_ latency: Duration)
    func bargeIn(_ latency: Duration)
    func reasoning(_ latency: Duration, fellBack: Bool)
    func restarted(_ part: MeteredPart)
    func reaped(_ reason: ReapReason)
    func error(_ kind: CallErrorKind)
    func streamRejected(_ reason: RejectReason)
    /// A call began or stopped being active.
    func activeCalls(_ count: Int)
    func connections(_ peer: MeteredPeer, delta: Int)
    /// A call is over: its outcome (once known) and its length.
    func callEnded(duration: Duration)
    func outcome(_ outcome: CallRecord.Outcome)
    func cost(usd: Double)
}

/// Which way a frame of sound goes.
package enum FrameDirection: String, Sendable, CaseIterable {
    case toModel = "to_model"
    case toCarrier = "to_carrier"
}

/// Why a frame of sound was given up.
package enum FrameDropReason: String, Sendable, CaseIterable {
    case overflow
    case notConnected = "not_connected"
    case interrupted
}

/// Who is at the other end of a socket.
package enum MeteredPeer: String, Sendable, CaseIterable { case carrier, model }

/// The part of a call that was started again.
package enum MeteredPart: String, Sendable, CaseIterable { case model, session }

/// Why a stream or a call without one was given up.
package enum ReapReason: String, Sendable, CaseIterable {
    case stale
    case startTimeout = "start_timeout"
    case streamLost = "stream_lost"
}

/// What an error was about.
package enum CallErrorKind: String, Sendable, CaseIterable { case carrier, model, reasoning, summary, store, queue }

/// Why a stream was refused or closed, as its close reason says.
package enum RejectReason: String, Sendable, CaseIterable {
    case unknownCall = "unknown_call"
    case token
    case atCapacity = "at_capacity"
    case startTimeout = "start_timeout"
    case draining, stale, superseded, codec
    case rateLimited = "rate_limited"
}
