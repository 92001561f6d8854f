import NIOCore
import NIOPosix
import Testing

@testable import Wire

@Suite struct LoopScratchTests {
    private func masked(_ text: String) -> ByteBuffer {
        var builder = WebSocketFrameBuilder(role: .client)
        return builder.frame(.text, ByteBuffer(string: text))
    }

    @Test("a message that a receiver keeps stays as it is when another socket of the loop reads the next one")
    func keptMessage() {
        let scratch = LoopScratch()
        var first = WebSocketFrameParser(role: .server, maxMessageByteCount: 1000)
        var second = WebSocketFrameParser(role: .server, maxMessageByteCount: 1000)
        first.scratch = scratch
        second.scratch = scratch
        first.append(self.masked("one"))
        second.append(self.masked("two"))
        let kept = first.next()
        #expect(second.next() == .text(ByteBuffer(string: "two")))
        #expect(kept == .text(ByteBuffer(string: "one")))
    }

    @Test("what runs on one loop gets the same buffers, and another loop has its own")
    func ofLoops() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let (first, second) = (group.next(), group.next())
        let one = try await first.submit { ObjectIdentifier(LoopScratch.of(first)) }.get()
        let same = try await first.submit { ObjectIdentifier(LoopScratch.of(first)) }.get()
        let other = try await second.submit { ObjectIdentifier(LoopScratch.of(second)) }.get()
        #expect(one == same)
        #expect(one != other)
        try await group.shutdownGracefully()
    }

    @Test("buffers for frames are used again, and large ones are let go of")
    func frames() {
        let scratch = LoopScratch()
        var buffer = scratch.takeFrameBuffer()
        buffer.writeString("frame")
        let capacity = buffer.capacity
        scratch.giveBack(buffer)
        var again = scratch.takeFrameBuffer()
        #expect(again.readableBytes == 0)
        #expect(again.capacity == capacity)
        again.writeRepeatingByte(0, count: 100_000)
        scratch.giveBack(again)
        #expect(scratch.takeFrameBuffer().capacity < 10_000)
    }
}
