import NIOCore
import Synchronization
import Testing
import Wire

/// What a handler sends, when, and what it does with a peer that does not read.
@Suite(.timeLimit(.minutes(1))) struct WebSocketSendingTests {
    private static let mask: [UInt8] = [1, 2, 3, 4]

    private func text(_ text: String) -> RawFrame { RawFrame(1, Array(text.utf8), mask: Self.mask) }

    private func options(isPlain: Bool) -> SocketListener.Options {
        var options = SocketListener.Options()
        options.isPlain = isPlain
        return options
    }

    @Test("nothing leaves before a flush, and a flush without anything queued is nothing", arguments: [true, false])
    func explicitFlush(isPlain: Bool) async throws {
        try await SocketListener.bare(self.options(isPlain: isPlain)) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                try await connection.onLoop { handler in
                    handler.flush()
                    handler.send(prefix: "<", ByteBuffer(string: "middle"), suffix: ">")
                    handler.send(parts: ByteBuffer(string: "a"), ByteBuffer(string: "b"), ByteBuffer(string: "c"))
                    #expect(handler.bufferedByteCount == 2 + 8 + 2 + 3)
                    handler.flush()
                    #expect(handler.bufferedByteCount == 0)
                }
                #expect(try await peer.readFrame().payload == Array("<middle>".utf8))
                #expect(try await peer.readFrame().payload == Array("abc".utf8))
            }
        }
    }

    @Test("our ping leaves at once, and the pong shows that the peer lives")
    func ownPing() async throws {
        try await SocketListener.bare { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                try await connection.onLoop { handler in
                    #expect(handler.lastReadAt == nil)
                    handler.ping()
                }
                #expect(try await peer.readFrame().bytes == RawFrame(9, []).bytes)
                try await peer.send(RawFrame(10, [], mask: Self.mask).bytes + self.text("x").bytes)
                #expect(await connection.events.next() == .text("x"))
                try await connection.onLoop { #expect($0.lastReadAt != nil) }
            }
        }
    }

    @Test(
        "a client that does not read turns the socket unwritable, and past the bound it is closed with 1008",
        arguments: [true, false]
    )
    func slowReader(isPlain: Bool) async throws {
        let isInside = Mutex(false)
        let wasToldInside = Mutex(false)
        var options = self.options(isPlain: isPlain)
        options.closeTimeout = .milliseconds(50)
        options.onClosed = { if isInside.withLock({ $0 }) { wasToldInside.withLock { $0 = true } } }
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                try await connection.onLoop { handler in
                    isInside.withLock { $0 = true }
                    defer { isInside.withLock { $0 = false } }
                    let piece = ByteBuffer(repeating: 97, count: 60_000)
                    var count = 0
                    while handler.isOpen, count < 10_000 {
                        handler.send(text: piece)
                        handler.flush()
                        count += 1
                        #expect(handler.bufferedByteCount <= WebSocketHandler.defaultMaxBufferedByteCount + 64)
                    }
                    #expect(!handler.isOpen)
                }
                let expected = WebSocketClose(code: 1008, reason: "slow reader", initiatedByPeer: false)
                #expect(await connection.events.rest() == [.closed(expected)])
                #expect(!wasToldInside.withLock { $0 }, "never from inside a call to the handler")
                try await connection.channel.closeFuture.get()
                _ = try? await peer.readToEnd()
            }
        }
    }

    @Test(
        "a client that reads again turns the socket writable again, and gets everything and a late pong",
        arguments: [true, false]
    )
    func slowThenFast(isPlain: Bool) async throws {
        try await SocketListener.bare(self.options(isPlain: isPlain)) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                let expected = try await connection.onLoop { handler in
                    var count = 0
                    while handler.isWritable {
                        handler.send(text: ByteBuffer(repeating: 97, count: 60_000))
                        handler.flush()
                        count += 1
                    }
                    return count
                }
                try await peer.send(RawFrame(9, [5], mask: Self.mask).bytes + self.text("sync").bytes)
                // The kernel may take more meanwhile, so that the socket turns writable and back now and then.
                var isWritable = true
                var event = await connection.events.next()
                while case .writable(let value) = event {
                    isWritable = value
                    event = await connection.events.next()
                }
                #expect(event == .text("sync"))
                var texts = 0
                var frame = try await peer.readFrame()
                while frame.opcode == 1 {
                    #expect(frame.payload.count == 60_000)
                    texts += 1
                    frame = try await peer.readFrame()
                }
                #expect(frame.bytes == RawFrame(10, [5]).bytes)
                #expect(texts == expected)
                while !isWritable, case .writable(let value) = await connection.events.next() { isWritable = value }
                #expect(isWritable)
                #expect(try await connection.onLoop { $0.isWritable })
            }
        }
    }

    @Test("frames keep their order where the kernel takes some, a part of one, or none of them")
    func orderPastTheChannel() async throws {
        var options = SocketListener.Options()
        options.maxBufferedByteCount = 64 << 20
        try await SocketListener.bare(options) { listener in
            try await RawPeer.connect(to: listener.port) { peer in
                let connection = try await listener.next()
                var random = SocketTestRandom(seed: 11)
                var sent = 0
                var received = 0
                var heldBack = 0
                // Rounds in which more is written than the kernel takes, and then some of it is read.
                for _ in 0..<12 {
                    let sizes = (0..<120).map { _ in Int.random(in: 1...90_000, using: &random) }
                    let flushes = sizes.map { _ in Bool.random(using: &random) }
                    let first = sent
                    let buffered = try await connection.onLoop { handler in
                        for (offset, (size, flushes)) in zip(sizes, flushes).enumerated() {
                            let digits = String(first + offset)
                            handler.send(text: digits + String(repeating: ".", count: size))
                            if flushes { handler.flush() }
                        }
                        handler.flush()
                        return handler.bufferedByteCount
                    }
                    sent += sizes.count
                    if buffered > 0 { heldBack += 1 }
                    let limit = Bool.random(using: &random) ? sent : Int.random(in: received...sent, using: &random)
                    while received < limit {
                        let text = String(decoding: try await peer.readFrame().payload, as: UTF8.self)
                        #expect(text.prefix { $0 != "." } == "\(received)")
                        received += 1
                    }
                }
                while received < sent {
                    let text = String(decoding: try await peer.readFrame().payload, as: UTF8.self)
                    #expect(text.prefix { $0 != "." } == "\(received)")
                    received += 1
                }
                #expect(heldBack > 0, "the kernel took everything at once: this tests nothing")
            }
        }
    }
}
