import NIOCore
import Testing
import Wire

@Suite struct WebSocketFrameParserTests {
    private static let mask: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    private func parse(
        _ frames: [RawFrame],
        role: WebSocketRole = .server,
        limit: Int = 1024
    ) -> [WebSocketFrameParser.Event] {
        self.parse(frames.flatMap(\.bytes), role: role, limit: limit)
    }

    private func parse(
        _ bytes: [UInt8],
        role: WebSocketRole = .server,
        limit: Int = 1024
    ) -> [WebSocketFrameParser.Event] {
        var parser = WebSocketFrameParser(role: role, maxMessageByteCount: limit)
        parser.append(ByteBuffer(bytes: bytes))
        var events: [WebSocketFrameParser.Event] = []
        while let event = parser.next() { events.append(event) }
        return events
    }

    private func code(_ events: [WebSocketFrameParser.Event]) -> UInt16? {
        guard case .breach(let breach) = events.last else { return nil }
        return breach.code
    }

    private func text(_ string: String) -> WebSocketFrameParser.Event { .text(ByteBuffer(string: string)) }

    // MARK: The examples of RFC 6455 §5.7

    @Test("the RFC's examples are read as the RFC says")
    func samples() {
        #expect(self.parse([0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f], role: .client) == [self.text("Hello")])
        let masked: [UInt8] = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(self.parse(masked) == [self.text("Hello")])
        let fragments: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6c, 0x80, 0x02, 0x6c, 0x6f]
        #expect(self.parse(fragments, role: .client) == [self.text("Hello")])
        let ping: [UInt8] = [0x89, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]
        #expect(self.parse(ping, role: .client) == [.ping(ByteBuffer(string: "Hello"))])
        let pong: [UInt8] = [0x8a, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58]
        #expect(self.parse(pong) == [.pong])
        let long = RawFrame(2, [UInt8](repeating: 7, count: 65_536))
        #expect(Array(long.bytes.prefix(10)) == [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
        #expect(self.parse([long], role: .client, limit: 65_536) == [.binary(byteCount: 65_536)])
    }

    // MARK: Rules of a single frame

    @Test("a server takes no unmasked frame and a client no masked one", arguments: [0, 1, 2, 8, 9, 10] as [UInt8])
    func masking(opcode: UInt8) {
        #expect(self.code(self.parse([RawFrame(opcode, [])])) == 1002)
        #expect(self.code(self.parse([RawFrame(opcode, [], mask: Self.mask)], role: .client)) == 1002)
    }

    @Test("a set reserved bit is refused with 1002", arguments: [1, 2, 4, 7] as [UInt8])
    func reservedBits(bits: UInt8) {
        #expect(self.code(self.parse([RawFrame(1, [], reservedBits: bits, mask: Self.mask)])) == 1002)
        #expect(self.code(self.parse([RawFrame(9, [], reservedBits: bits, mask: Self.mask)])) == 1002)
    }

    @Test("an unknown opcode is refused with 1002", arguments: [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] as [UInt8])
    func unknownOpcode(opcode: UInt8) {
        #expect(self.code(self.parse([RawFrame(opcode, [], mask: Self.mask)])) == 1002)
    }

    @Test(
        "a length that is not encoded in its shortest form is refused with 1002",
        arguments: [
            (0, RawFrame.LengthForm.sixteenBit), (125, .sixteenBit), (0, .sixtyFourBit), (125, .sixtyFourBit),
            (126, .sixtyFourBit), (65_535, .sixtyFourBit),
        ]
    )
    func minimalLength(count: Int, form: RawFrame.LengthForm) {
        let frame = RawFrame(1, [UInt8](repeating: 97, count: count), mask: Self.mask, lengthForm: form)
        #expect(self.code(self.parse([frame], limit: 100_000)) == 1002)
    }

    @Test("lengths on both sides of each form are read", arguments: [0, 1, 125, 126, 127, 65_535, 65_536, 65_537])
    func lengths(count: Int) {
        let payload = [UInt8](repeating: 97, count: count)
        let event = WebSocketFrameParser.Event.text(ByteBuffer(bytes: payload))
        #expect(self.parse([RawFrame(1, payload, mask: Self.mask)], limit: 100_000) == [event])
        #expect(self.parse([RawFrame(1, payload)], role: .client, limit: 100_000) == [event])
    }

    @Test("a 64-bit length with its top bit set is refused with 1002")
    func topBit() {
        #expect(self.code(self.parse(RawFrame(1, mask: Self.mask, lengthForm: .topBit).header)) == 1002)
        let all: [UInt8] = [0x81, 0xFF] + [UInt8](repeating: 0xFF, count: 8)
        #expect(self.code(self.parse(all)) == 1002)
    }

    @Test("a control frame over 125 bytes or without FIN is refused with 1002", arguments: [8, 9, 10] as [UInt8])
    func controlFrames(opcode: UInt8) {
        let payload = [UInt8](repeating: 97, count: 126)
        #expect(self.code(self.parse([RawFrame(opcode, payload, mask: Self.mask)])) == 1002)
        #expect(self.code(self.parse([RawFrame(opcode, [], isFinal: false, mask: Self.mask)])) == 1002)
        let empty = RawFrame(opcode, [], mask: Self.mask, lengthForm: .sixtyFourBit)
        #expect(self.code(self.parse([empty])) == 1002)
    }

    @Test("a breach shows in the first two bytes already")
    func earlyBreach() {
        #expect(self.code(self.parse([0x81, 0x7E])) == 1002, "unmasked, its length not there yet")
        #expect(self.code(self.parse([0xC1, 0xFF])) == 1002, "a reserved bit")
        #expect(self.code(self.parse([0x89, 0xFE])) == 1002, "a long ping")
    }

    @Test("every strict start of a frame gives nothing and no breach")
    func incomplete() {
        let bytes = RawFrame(1, [UInt8](repeating: 97, count: 200), mask: Self.mask).bytes
        for count in 0..<bytes.count { #expect(self.parse(Array(bytes[..<count])).isEmpty) }
    }

    // MARK: Messages

    @Test("a continuation of nothing is refused with 1002")
    func strayContinuation() {
        #expect(self.code(self.parse([RawFrame(0, [97], mask: Self.mask)])) == 1002)
        let after = [RawFrame(1, [97], mask: Self.mask), RawFrame(0, [97], mask: Self.mask)]
        #expect(self.code(self.parse(after)) == 1002)
    }

    @Test(
        "a new message inside a fragmented one is refused with 1002",
        arguments: [1, 2] as [UInt8],
        [1, 2] as [UInt8]
    )
    func interrupted(first: UInt8, second: UInt8) {
        let frames = [
            RawFrame(first, [97], isFinal: false, mask: Self.mask), RawFrame(second, [97], mask: Self.mask),
        ]
        #expect(self.parse(frames).count == 1)
        #expect(self.code(self.parse(frames)) == 1002)
    }

    @Test("control frames between fragments are handed over at once and leave the message whole")
    func controlBetweenFragments() {
        let frames = [
            RawFrame(1, Array("Hal".utf8), isFinal: false, mask: Self.mask),
            RawFrame(9, [1, 2], mask: Self.mask),
            RawFrame(0, [], isFinal: false, mask: Self.mask),
            RawFrame(10, [], mask: Self.mask),
            RawFrame(0, Array("lo".utf8), mask: Self.mask),
            RawFrame(1, Array("x".utf8), mask: Self.mask),
        ]
        #expect(self.parse(frames) == [.ping(ByteBuffer(bytes: [1, 2])), .pong, self.text("Hallo"), self.text("x")])
    }

    @Test("binary messages are counted, fragments and all")
    func binary() {
        let frames = [
            RawFrame(2, [UInt8](repeating: 0xFF, count: 300), mask: Self.mask),
            RawFrame(2, [1, 2], isFinal: false, mask: Self.mask),
            RawFrame(0, [3], isFinal: false, mask: Self.mask),
            RawFrame(0, [4, 5], mask: Self.mask),
        ]
        #expect(self.parse(frames) == [.binary(byteCount: 300), .binary(byteCount: 5)])
    }

    @Test("text that is no UTF-8 is refused with 1007, in one frame or cut into fragments")
    func badText() {
        let bad: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0x61, 0xE2, 0x82],
        ]
        for payload in bad {
            #expect(self.code(self.parse([RawFrame(1, payload, mask: Self.mask)])) == 1007)
            let fragments = payload.enumerated().map { index, byte in
                RawFrame(index == 0 ? 1 : 0, [byte], isFinal: index == payload.count - 1, mask: Self.mask)
            }
            #expect(self.code(self.parse(fragments)) == 1007)
        }
    }

    @Test("a character may be cut by a fragment")
    func cutCharacter() {
        let bytes = Array("€🙂".utf8)
        let fragments = bytes.enumerated().map { index, byte in
            RawFrame(index == 0 ? 1 : 0, [byte], isFinal: index == bytes.count - 1, mask: Self.mask)
        }
        #expect(self.parse(fragments) == [self.text("€🙂")])
    }

    @Test("bad text in a fragment is refused before the message ends")
    func badFragment() {
        #expect(self.code(self.parse([RawFrame(1, [0xFF], isFinal: false, mask: Self.mask)])) == 1007)
    }

    // MARK: The limit

    @Test("a message at the limit passes, one byte more is refused with 1009", arguments: [1, 2] as [UInt8])
    func limit(opcode: UInt8) {
        let exact = RawFrame(opcode, [UInt8](repeating: 97, count: 1024), mask: Self.mask)
        #expect(self.code(self.parse([exact])) == nil)
        let over = RawFrame(opcode, [UInt8](repeating: 97, count: 1025), mask: Self.mask)
        #expect(self.code(self.parse([over])) == 1009)
    }

    @Test("too long a message is refused by its length alone, before its mask and payload are there")
    func limitFromHeader() {
        #expect(
            self.code(self.parse(Array(RawFrame(1, mask: Self.mask, claimedLength: 1025).header.prefix(4)))) == 1009
        )
        let huge = RawFrame(2, mask: Self.mask, lengthForm: .sixtyFourBit, claimedLength: Int.max)
        #expect(self.code(self.parse(Array(huge.header.prefix(10)))) == 1009)
    }

    @Test("the limit holds for the sum of fragments", arguments: [1, 2] as [UInt8])
    func limitOfFragments(opcode: UInt8) {
        let first = RawFrame(opcode, [UInt8](repeating: 97, count: 1000), isFinal: false, mask: Self.mask)
        let exact = RawFrame(0, [UInt8](repeating: 97, count: 24), mask: Self.mask)
        #expect(self.code(self.parse([first, exact])) == nil)
        let over = Array(RawFrame(0, isFinal: false, mask: Self.mask, claimedLength: 25).header.prefix(2))
        #expect(self.code(self.parse(first.bytes + over)) == 1009)
    }

    @Test("control frames are not held to the limit of messages")
    func limitAndControl() {
        let ping = RawFrame(9, [UInt8](repeating: 1, count: 125), mask: Self.mask)
        #expect(self.parse([ping], limit: 10) == [.ping(ByteBuffer(bytes: ping.payload))])
    }

    // MARK: Close frames

    @Test("a close frame ends it, and what follows is not looked at")
    func close() {
        let frames = [RawFrame.close(1000, "bye", mask: Self.mask), RawFrame(1, [97], mask: Self.mask)]
        #expect(self.parse(frames) == [.close(code: 1000, reason: "bye")])
        #expect(self.parse([RawFrame(8, [], mask: Self.mask)]) == [.close(code: nil, reason: "")])
    }

    @Test(
        "codes that may travel are accepted",
        arguments: [1000, 1003, 1007, 1011, 1012, 1014, 3000, 4000, 4999] as [UInt16]
    )
    func goodCodes(code: UInt16) {
        #expect(self.parse([.close(code, mask: Self.mask)]) == [.close(code: code, reason: "")])
    }

    @Test(
        "codes that must not travel are refused with 1002",
        arguments: [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16]
    )
    func badCodes(code: UInt16) {
        #expect(self.code(self.parse([.close(code, mask: Self.mask)])) == 1002)
    }

    @Test("a close frame of one byte is refused with 1002, a reason that is no UTF-8 with 1007")
    func badClosePayload() {
        #expect(self.code(self.parse([RawFrame(8, [3], mask: Self.mask)])) == 1002)
        #expect(self.code(self.parse([RawFrame(8, [3, 0xE8, 0xFF], mask: Self.mask)])) == 1007)
        #expect(self.code(self.parse([RawFrame(8, [3, 0xE8, 0xE2, 0x82], mask: Self.mask)])) == 1007)
    }

    // MARK: Buffers

    @Test("a message that its receiver keeps does not change when the next one comes")
    func keptMessages() {
        var parser = WebSocketFrameParser(role: .server, maxMessageByteCount: 1024)
        var kept: [WebSocketFrameParser.Event] = []
        for number in 0..<50 {
            let payload = Array("message \(number)".utf8)
            let frame = RawFrame(1, payload, mask: [UInt8(number), 2, 3, 4])
            parser.append(ByteBuffer(bytes: frame.bytes + frame.bytes))
            while let event = parser.next() { kept.append(event) }
        }
        #expect(kept == (0..<50).flatMap { [self.text("message \($0)"), self.text("message \($0)")] })
    }

    @Test("what was read is not changed by unmasking")
    func readBufferIsUntouched() {
        let read = ByteBuffer(bytes: RawFrame(1, Array("Hello".utf8), mask: Self.mask).bytes)
        let copy = Array(read.readableBytesView)
        var parser = WebSocketFrameParser(role: .server, maxMessageByteCount: 1024)
        parser.append(read)
        #expect(parser.next() == self.text("Hello"))
        #expect(Array(read.readableBytesView) == copy)
        #expect(parser.bufferedByteCount == 0)
    }
}
