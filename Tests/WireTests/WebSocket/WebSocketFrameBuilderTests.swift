import NIOCore
import Testing
import Wire

@Suite struct WebSocketFrameBuilderTests {
    private func bytes(_ buffer: ByteBuffer) -> [UInt8] { Array(buffer.readableBytesView) }

    @Test(
        "a server's frame is the header in its shortest form and the payload",
        arguments: [0, 1, 125, 126, 65_535, 65_536]
    )
    func serverFrames(count: Int) {
        var builder = WebSocketFrameBuilder(role: .server)
        let payload = [UInt8](repeating: 97, count: count)
        #expect(self.bytes(builder.frame(.text, ByteBuffer(bytes: payload))) == RawFrame(1, payload).bytes)
    }

    @Test("a client's frame is masked with the key that it carries", arguments: [0, 1, 3, 8, 125, 126, 65_536])
    func clientFrames(count: Int) {
        var builder = WebSocketFrameBuilder(role: .client)
        let payload = (0..<count).map { UInt8($0 & 0x7F) }
        let bytes = self.bytes(builder.frame(.text, ByteBuffer(bytes: payload)))
        let keyStart = RawFrame(1, payload, mask: [0, 0, 0, 0]).header.count - 4
        let key = Array(bytes[keyStart..<keyStart + 4])
        #expect(bytes == RawFrame(1, payload, mask: key).bytes)
    }

    @Test("masking keys are not repeated")
    func keys() {
        var builder = WebSocketFrameBuilder(role: .client)
        let keys = (0..<1_000).map { _ in self.bytes(builder.frame(.ping, ByteBuffer())).suffix(4) }
        // Of 1000 random numbers of 32 bits two are equal once in 8600 runs; three pairs never.
        #expect(Set(keys).count >= 998)
    }

    @Test("a close frame carries code and reason")
    func close() {
        var builder = WebSocketFrameBuilder(role: .server)
        #expect(
            self.bytes(builder.closeFrame(code: 1001, reason: "draining")) == RawFrame.close(1001, "draining").bytes
        )
        #expect(self.bytes(builder.closeFrame(code: nil, reason: "ignored")) == [0x88, 0])
        #expect(self.bytes(builder.closeFrame(code: 1006, reason: "ignored")) == [0x88, 0], "1006 must not travel")
    }

    @Test("a close reason is cut at 123 bytes between two characters", arguments: ["a", "é", "€", "🙂"])
    func longReason(character: String) {
        var builder = WebSocketFrameBuilder(role: .server)
        for lead in 0..<4 {
            let reason = String(repeating: "x", count: lead) + String(repeating: character, count: 130)
            let frame = self.bytes(builder.closeFrame(code: 1000, reason: reason))
            let words = String(validating: frame[4...], as: UTF8.self)
            #expect(frame.count <= 127)
            #expect(frame.count > 127 - character.utf8.count, "not shorter than needed")
            #expect(words.map(reason.hasPrefix) == true)
        }
    }

    @Test("masking is its own inverse at every length and alignment")
    func maskInverse() {
        var random = SocketTestRandom(seed: 7)
        for count in 0..<70 {
            let mask = WebSocketMask(key: UInt32.random(in: 0...UInt32.max, using: &random))
            let original = random.bytes(count + 3)
            for start in 0..<3 {
                var bytes = original
                bytes.withUnsafeMutableBytes { mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
                for index in start..<bytes.count {
                    let keyByte = UInt8(truncatingIfNeeded: mask.key >> (8 * UInt32((index - start) % 4)))
                    #expect(bytes[index] == original[index] ^ keyByte)
                }
                bytes.withUnsafeMutableBytes { mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
                #expect(bytes == original)
            }
        }
    }
}
