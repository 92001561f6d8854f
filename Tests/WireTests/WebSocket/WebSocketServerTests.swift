import NIOCore
import Testing
import Wire

/// A server's handler on a real socket against a hand-made client.
@Suite(.timeLimit(.minutes(1))) struct WebSocketServerTests {
    private static let mask: [UInt8] = [1, 2, 3, 4]

    /// Frames that break a rule, and the code that answers each, with a limit of 1000 bytes.
    private static let breachFrames: [(RawFrame, UInt16)] = [
        (RawFrame(1, [97]), 1002), (RawFrame(1, [97], reservedBits: 4, mask: mask), 1002),
        (RawFrame(3, [], mask: mask), 1002), (RawFrame(0, [97], mask: mask), 1002),
        (RawFrame(1, [0xFF], mask: mask), 1007), (RawFrame(8, [1], mask: mask), 1002),
        (RawFrame(2, [UInt8](repeating: 0, count: 2_000), mask: mask), 1009),
    ]

    private func text(_ text: String) -> RawFrame { RawFrame(1, Array(text.utf8), mask: Self.mask) }

    private func echo() -> SocketListener.Options {
        var options = SocketListener.Options()
        options.isEcho = true
        return options
    }

    @Test("texts are echoed, several in one read and one over many reads")
    func echoes() async throws {
        try await SocketListener.bare(self.echo()) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(self.text("one"), self.text("two"), self.text("three"))
                for word in ["one", "two", "three"] {
                    #expect(try await peer.readFrame().bytes == RawFrame(1, Array(word.utf8)).bytes)
                }
                for byte in self.text("slow").bytes { try await peer.send([byte]) }
                #expect(try await peer.readFrame().payload == Array("slow".utf8))
            }
        }
    }

    @Test("a ping is answered with a pong of the same payload, also between fragments")
    func pings() async throws {
        try await SocketListener.bare(self.echo()) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(RawFrame(9, [7, 8, 9], mask: Self.mask))
                #expect(try await peer.readFrame().bytes == RawFrame(10, [7, 8, 9]).bytes)
                try await peer.send(RawFrame(1, Array("a".utf8), isFinal: false, mask: Self.mask))
                try await peer.send(RawFrame(9, [], mask: Self.mask))
                #expect(try await peer.readFrame().bytes == RawFrame(10, []).bytes)
                try await peer.send(RawFrame(0, Array("b".utf8), mask: Self.mask))
                #expect(try await peer.readFrame().payload == Array("ab".utf8))
            }
        }
    }

    @Test("of pings in one read the latest is answered")
    func latestPing() async throws {
        try await SocketListener.bare(self.echo()) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let pings = (0..<100).map { RawFrame(9, [$0], mask: Self.mask).bytes }
                try await peer.send(pings.flatMap { $0 } + self.text("end").bytes)
                var frame = try await peer.readFrame()
                var pongs: [UInt8] = []
                var isEchoed = false
                while !isEchoed || pongs.last != 99 {
                    if frame.opcode == 10 { pongs += frame.payload } else { isEchoed = true }
                    if !isEchoed || pongs.last != 99 { frame = try await peer.readFrame() }
                }
                #expect(pongs == pongs.sorted())
            }
        }
    }

    @Test(
        "a breach is answered with its close code, then the server ends TCP, and the delegate hears the code",
        arguments: breachFrames.indices
    )
    func breaches(index: Int) async throws {
        let (frame, code) = Self.breachFrames[index]
        var options = self.echo()
        options.limit = 1_000
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(self.text("before").bytes + frame.bytes + self.text("after").bytes)
                #expect(try await peer.readFrame().payload == Array("before".utf8))
                let close = try await peer.readFrame()
                #expect(close.opcode == 8)
                #expect(close.payload.prefix(2).elementsEqual([UInt8(code >> 8), UInt8(code & 0xFF)]))
                #expect(try await peer.readToEnd().isEmpty, "nothing after the close frame but the end")
            }
            let close = try await listener.next().events.close()
            #expect(close?.code == code)
            #expect(close?.initiatedByPeer == false)
        }
    }

    @Test("a message too long is refused while it is still being sent, and the client sees the code")
    func tooLong() async throws {
        var options = self.echo()
        options.limit = 1_000
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let frame = RawFrame(2, [UInt8](repeating: 0, count: 1_000_000), mask: Self.mask)
                async let close = peer.readFrame()
                try await peer.send(frame.bytes)
                #expect(try await close.payload.prefix(2).elementsEqual([0x03, 0xF1]))
            }
        }
    }

    @Test("a client's close frame is answered with its code, and the server ends TCP first")
    func clientCloses() async throws {
        try await SocketListener.bare(self.echo()) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(RawFrame.close(4000, "bye", mask: Self.mask))
                #expect(try await peer.readFrame().bytes == RawFrame.close(4000).bytes)
                #expect(try await peer.readToEnd().isEmpty)
            }
            let connection = try await listener.next()
            let expected = WebSocketClose(code: 4000, reason: "bye", initiatedByPeer: true)
            #expect(await connection.events.rest() == [.closed(expected)])
            try await connection.channel.closeFuture.get()
        }
    }

    @Test("a close frame without code is answered by one without code")
    func emptyClose() async throws {
        try await SocketListener.bare(self.echo()) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(RawFrame(8, [], mask: Self.mask))
                #expect(try await peer.readToEnd() == [0x88, 0])
            }
            #expect(
                try await listener.next().events.close() == WebSocketClose(code: nil, reason: "", initiatedByPeer: true)
            )
        }
    }

    @Test("when the server closes, what comes before the client's close frame is dropped, and its reply is reported")
    func serverCloses() async throws {
        var options = SocketListener.Options()
        // Longer than any machine is slow: the peer here does answer.
        options.closeTimeout = .seconds(60)
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                try await connection.onLoop { $0.close(code: 1001, reason: "draining") }
                #expect(try await peer.readFrame().bytes == RawFrame.close(1001, "draining").bytes)
                try await connection.onLoop { handler in
                    #expect(!handler.isOpen)
                    #expect(!handler.isWritable)
                    handler.send(text: "too late")
                    handler.flush()
                    handler.close(code: 1000, reason: "again")
                }
                try await peer.send(self.text("late").bytes + RawFrame(9, [1], mask: Self.mask).bytes)
                try await peer.send(RawFrame.close(1001, mask: Self.mask))
                #expect(try await peer.readToEnd().isEmpty)
                let expected = WebSocketClose(code: 1001, reason: "", initiatedByPeer: false)
                #expect(await connection.events.rest() == [.closed(expected)])
            }
        }
    }

    @Test("a client that never answers a close frame is cut off after the time given")
    func noReply() async throws {
        var options = SocketListener.Options()
        options.closeTimeout = .milliseconds(50)
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                try await connection.onLoop { $0.close(code: 1000, reason: "") }
                let close = await connection.events.close()
                #expect(close == WebSocketClose(code: nil, reason: "no reply", initiatedByPeer: false))
                try await connection.channel.closeFuture.get()
                #expect(try await peer.readToEnd() == RawFrame.close(1000).bytes)
            }
        }
    }

    @Test("a client that never ends TCP after the closing handshake is cut off after the time given")
    func lingeringClient() async throws {
        var options = SocketListener.Options()
        options.closeTimeout = .milliseconds(50)
        options.allowsHalfClosure = true
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(RawFrame.close(1000, mask: Self.mask))
                let connection = try await listener.next()
                try await connection.channel.closeFuture.get()
                #expect(await connection.events.close()?.code == 1000)
            }
        }
    }

    @Test("TCP that ends without a close frame is a close without code", arguments: [false, true])
    func endOfTCP(allowsHalfClosure: Bool) async throws {
        var options = SocketListener.Options()
        options.allowsHalfClosure = allowsHalfClosure
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(self.text("last").bytes + [0x81])
                let connection = try await listener.next()
                #expect(await connection.events.next() == .text("last"))
                try await peer.finish()
                let expected = WebSocketClose(code: nil, reason: "", initiatedByPeer: true)
                #expect(await connection.events.rest() == [.closed(expected)])
                try await connection.channel.closeFuture.get()
            }
        }
    }

    @Test("an error on the channel closes it, and is reported once")
    func channelError() async throws {
        struct Broken: Error {}
        try await SocketListener.bare { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                connection.channel.pipeline.fireErrorCaught(Broken())
                connection.channel.pipeline.fireErrorCaught(Broken())
                let expected = WebSocketClose(code: nil, reason: "Broken()", initiatedByPeer: true)
                #expect(await connection.events.rest() == [.closed(expected)])
                try await connection.channel.closeFuture.get()
                #expect(try await peer.readToEnd().isEmpty)
            }
        }
    }

    @Test("a server that is shutting down does not touch a live socket")
    func quiescing() async throws {
        try await SocketListener.bare(self.echo()) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
                try await peer.send(self.text("still here"))
                #expect(try await peer.readFrame().payload == Array("still here".utf8))
            }
        }
    }

    @Test("a delegate may close from inside a message, and hears no more of the same read")
    func closeInside() async throws {
        var options = SocketListener.Options()
        options.onText = { handler, text in if text == "stop" { handler.close(code: 1000, reason: "stop") } }
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                try await peer.send(self.text("stop"), self.text("more"), RawFrame.close(1000, mask: Self.mask))
                #expect(try await peer.readToEnd() == RawFrame.close(1000, "stop").bytes)
                let expected = WebSocketClose(code: 1000, reason: "", initiatedByPeer: false)
                #expect(try await listener.next().events.rest() == [.text("stop"), .closed(expected)])
            }
        }
    }
}
