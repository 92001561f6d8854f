import NIOCore
import Synchronization
import Testing
import Wire

/// What a handler sends, when, and what it does with a peer that does not read.
@Suite(.timeLimit(.minutes(1))) struct WebSocketSendingTests {
    private static let mask: [UInt8] = [1, 2, 3, 4]

    private func text(_ text: String) -> RawFrame { RawFrame(1, Array(text.utf8), mask: Self.mask) }

    @Test("nothing leaves before a flush, and a flush without anything queued is nothing")
    func explicitFlush() async throws {
        try await SocketListener.bare { listener in
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

    @Test("a client that does not read turns the socket unwritable, and past the bound it is closed with 1008")
    func slowReader() async throws {
        let isInside = Mutex(false)
        let wasToldInside = Mutex(false)
        var options = SocketListener.Options()
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

    @Test("a client that reads again turns the socket writable again, and gets everything and a late pong")
    func slowThenFast() async throws {
        try await SocketListener.bare { listener in
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
}
