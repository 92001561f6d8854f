import Testing
import Wire

@Suite struct WebSocketClosingTests {
    private let breach = WebSocketBreach(code: 1007, reason: "text is not UTF-8")

    @Test("a server that closes waits for the client's close frame, then ends its half of TCP and reports")
    func serverCloses() {
        var closing = WebSocketClosing(role: .server)
        #expect(
            closing.handle(.close(code: 1000, reason: "over")) == [
                .sendClose(code: 1000, reason: "over"), .startDeadline,
            ]
        )
        #expect(!closing.isOpen)
        #expect(closing.isReading)
        #expect(closing.handle(.close(code: 1001, reason: "again")) == [])
        #expect(
            closing.handle(.peerClosed(code: 1000, reason: "ok"))
                == [.shutDownOutput, .report(WebSocketClose(code: 1000, reason: "ok", initiatedByPeer: false))]
        )
        #expect(!closing.isReading)
        #expect(closing.handle(.ended(reason: "")) == [.closeNow])
        #expect(closing.handle(.deadline) == [])
    }

    @Test("a client that closes leaves the end of TCP to the server")
    func clientCloses() {
        var closing = WebSocketClosing(role: .client)
        _ = closing.handle(.close(code: 1000, reason: ""))
        #expect(
            closing.handle(.peerClosed(code: 1000, reason: ""))
                == [.report(WebSocketClose(code: 1000, reason: "", initiatedByPeer: false))]
        )
        #expect(closing.handle(.deadline) == [.closeNow])
    }

    @Test("a close frame is answered with its own code", arguments: WebSocketRole.allCases)
    func peerCloses(role: WebSocketRole) {
        var closing = WebSocketClosing(role: role)
        let farewell: [WebSocketClosing.Action] = role == .server ? [.shutDownOutput] : []
        #expect(
            closing.handle(.peerClosed(code: 4000, reason: "bye"))
                == [.sendClose(code: 4000, reason: ""), .startDeadline] + farewell
                + [.report(WebSocketClose(code: 4000, reason: "bye", initiatedByPeer: true))]
        )
        #expect(closing.handle(.breach(self.breach)) == [])
        #expect(closing.handle(.close(code: 1000, reason: "")) == [])
        #expect(closing.handle(.deadline) == [.closeNow])
    }

    @Test("a breach is answered with its code, which is what is reported", arguments: WebSocketRole.allCases)
    func breachOfThePeer(role: WebSocketRole) {
        var closing = WebSocketClosing(role: role)
        let farewell: [WebSocketClosing.Action] = role == .server ? [.shutDownOutput] : []
        #expect(
            closing.handle(.breach(self.breach))
                == [.sendClose(code: 1007, reason: self.breach.reason), .startDeadline] + farewell
                + [.report(WebSocketClose(code: 1007, reason: self.breach.reason, initiatedByPeer: false))]
        )
        #expect(closing.handle(.peerClosed(code: 1007, reason: "")) == [])
        #expect(closing.handle(.ended(reason: "")) == [.closeNow])
    }

    @Test("no reply within the deadline, or the end of TCP instead, is a close without code")
    func noReply() {
        for event in [WebSocketClosing.Event.deadline, .ended(reason: "reset")] {
            var closing = WebSocketClosing(role: .server)
            _ = closing.handle(.close(code: 1001, reason: "stale"))
            let actions = closing.handle(event)
            #expect(actions.first == .closeNow)
            guard case .report(let close) = actions.last else {
                Issue.record("nothing reported")
                continue
            }
            #expect(close.code == nil)
            #expect(!close.initiatedByPeer)
        }
    }

    @Test("whatever happens in whatever order, the end is reported once and one close frame is sent at most")
    func properties() {
        let events: [WebSocketClosing.Event] = [
            .close(code: 1000, reason: ""), .peerClosed(code: 1000, reason: ""), .peerClosed(code: nil, reason: ""),
            .breach(self.breach), .deadline, .ended(reason: "x"),
        ]
        var random = SocketTestRandom(seed: 8)
        for _ in 0..<3_000 {
            var closing = WebSocketClosing(role: Bool.random(using: &random) ? .server : .client)
            var actions: [WebSocketClosing.Action] = []
            for _ in 0..<random.int(0...8) { actions += closing.handle(events[random.int(0...events.count - 1)]) }
            actions += closing.handle(.ended(reason: ""))
            #expect(closing.phase == .over)
            let reports = actions.filter { if case .report = $0 { true } else { false } }
            let closes = actions.filter { if case .sendClose = $0 { true } else { false } }
            #expect(reports.count == 1)
            #expect(closes.count <= 1)
            #expect(actions.filter { $0 == .closeNow }.count == 1)
            #expect(actions.filter { $0 == .startDeadline }.count == closes.count)
        }
    }
}
