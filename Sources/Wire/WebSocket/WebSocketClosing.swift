/// Decides how a WebSocket connection ends: who sends which close frame, when TCP goes, and what is reported, once.
///
/// The server ends its half of TCP as soon as the closing handshake is over or the peer broke a rule, and goes on reading
/// until the client is gone too, since closing with unread bytes would reset the connection and might lose the close
/// frame (RFC 6455 §7.1.1). The client waits for the server. Both wait no longer than a deadline.
package struct WebSocketClosing: Sendable, Equatable {
    package enum Phase: Sendable, Equatable {
        case open
        /// Our close frame is out, the peer's is awaited, nothing is reported yet.
        case awaitingReply
        /// Reported; only the end of TCP is awaited.
        case lingering
        case over
    }

    package enum Event: Sendable, Equatable {
        /// Our own side wants to close.
        case close(code: UInt16, reason: String)
        /// A close frame came.
        case peerClosed(code: UInt16?, reason: String)
        /// The peer broke a rule or a limit.
        case breach(WebSocketBreach)
        case deadline
        /// TCP ended or failed; the reason in words, where known.
        case ended(reason: String)
    }

    package enum Action: Sendable, Equatable {
        case sendClose(code: UInt16?, reason: String)
        case shutDownOutput, startDeadline, closeNow
        case report(WebSocketClose)
    }

    package private(set) var phase = Phase.open
    private let role: WebSocketRole

    package init(role: WebSocketRole) { self.role = role }

    /// Messages may be delivered and sent.
    package var isOpen: Bool { self.phase == .open }

    /// What arrives still has to be parsed, if only to find the peer's close frame.
    package var isReading: Bool { self.phase == .open || self.phase == .awaitingReply }

    /// Takes one event and returns what must be done about it, in order.
    package mutating func handle(_ event: Event) -> [Action] {
        let (next, actions) = self.step(event)
        self.phase = next
        return actions
    }

    private func step(_ event: Event) -> (Phase, [Action]) {
        switch (self.phase, event) {
        case (.open, .close(let code, let reason)):
            (.awaitingReply, [.sendClose(code: code, reason: reason), .startDeadline])
        case (.open, .peerClosed(let code, let reason)):
            (
                .lingering,
                [.sendClose(code: code, reason: ""), .startDeadline] + self.farewell + [
                    .report(WebSocketClose(code: code, reason: reason, initiatedByPeer: true))
                ]
            )
        case (.open, .breach(let breach)):
            (
                .lingering,
                [.sendClose(code: breach.code, reason: breach.reason), .startDeadline] + self.farewell + [
                    .report(WebSocketClose(code: breach.code, reason: breach.reason, initiatedByPeer: false))
                ]
            )
        case (.open, .ended(let reason)):
            (.over, [.closeNow, .report(WebSocketClose(code: nil, reason: reason, initiatedByPeer: true))])
        case (.awaitingReply, .peerClosed(let code, let reason)):
            (
                .lingering,
                self.farewell + [.report(WebSocketClose(code: code, reason: reason, initiatedByPeer: false))]
            )
        case (.awaitingReply, .breach(let breach)):
            // Our close frame went out before: this one's code never travels.
            (
                .lingering,
                self.farewell + [.report(WebSocketClose(code: nil, reason: breach.reason, initiatedByPeer: false))]
            )
        case (.awaitingReply, .ended(let reason)):
            (.over, [.closeNow, .report(WebSocketClose(code: nil, reason: reason, initiatedByPeer: false))])
        case (.awaitingReply, .deadline):
            (.over, [.closeNow, .report(WebSocketClose(code: nil, reason: "no reply", initiatedByPeer: false))])
        case (.lingering, .deadline), (.lingering, .ended): (.over, [.closeNow])
        // A second wish to close, or news of a connection that is as good as gone.
        case (.awaitingReply, .close), (.lingering, .close), (.lingering, .peerClosed), (.lingering, .breach):
            (self.phase, [])
        // The deadline starts with the first close frame.
        case (.open, .deadline): (self.phase, [])
        case (.over, _): (self.phase, [])
        }
    }

    /// The server closes TCP first (RFC 6455 §7.1.1).
    private var farewell: [Action] { self.role == .server ? [.shutDownOutput] : [] }
}
