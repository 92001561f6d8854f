import NIOCore
import Testing
import Wire

@Suite struct WebSocketFrameParserPropertyTests {
    /// One random connection: what it means, and its bytes.
    private struct Traffic {
        var events: [WebSocketFrameParser.Event] = []
        var bytes: [UInt8] = []
    }

    private func makeTraffic(_ random: inout SocketTestRandom, role: WebSocketRole, limit: Int) -> Traffic {
        var traffic = Traffic()
        for _ in 0..<random.int(1...8) {
            let isText = random.int(0...3) > 0
            let size = [0, 1, 8, 125, 126, 300, 5_000][random.int(0...6)]
            let payload = isText ? Array(random.text(random.int(0...size)).utf8) : random.bytes(random.int(0...size))
            guard payload.count <= limit else { continue }
            var rest = payload[...]
            var isFirst = true
            repeat {
                while random.int(0...9) == 0 {
                    let note = random.bytes(random.int(0...125))
                    let isPing = Bool.random(using: &random)
                    traffic.bytes += RawFrame(isPing ? 9 : 10, note, mask: self.mask(&random, role)).bytes
                    traffic.events.append(isPing ? .ping(ByteBuffer(bytes: note)) : .pong)
                }
                let isWhole = random.int(0...2) == 0
                let piece = rest.prefix(isWhole ? rest.count : random.int(0...rest.count))
                rest = rest.dropFirst(piece.count)
                traffic.bytes +=
                    RawFrame(
                        isFirst ? (isText ? 1 : 2) : 0,
                        Array(piece),
                        isFinal: rest.isEmpty,
                        mask: self.mask(&random, role)
                    ).bytes
                isFirst = false
            } while !rest.isEmpty
            traffic.events.append(isText ? .text(ByteBuffer(bytes: payload)) : .binary(byteCount: payload.count))
        }
        return traffic
    }

    private func mask(_ random: inout SocketTestRandom, _ role: WebSocketRole) -> [UInt8]? {
        role == .server ? random.bytes(4) : nil
    }

    @Test(
        "messages come out as they went in, however they are fragmented, masked and cut into reads",
        arguments: WebSocketRole.allCases
    )
    func roundTrip(role: WebSocketRole) {
        var random = SocketTestRandom(seed: role == .server ? 3 : 4)
        for _ in 0..<150 {
            let traffic = self.makeTraffic(&random, role: role, limit: 6_000)
            var parser = WebSocketFrameParser(role: role, maxMessageByteCount: 6_000)
            var events: [WebSocketFrameParser.Event] = []
            var rest = traffic.bytes[...]
            let largest = [1, 7, 100, 1_000, 100_000][random.int(0...4)]
            while !rest.isEmpty {
                let piece = rest.prefix(random.int(1...largest))
                rest = rest.dropFirst(piece.count)
                var read = ByteBuffer(bytes: piece)
                parser.append(read)
                while let event = parser.next() { events.append(event) }
                guard random.int(0...2) > 0 else { continue }
                parser.letGoOfRead()
                let isFree = read.modifyIfUniquelyOwned { _ in true }
                // Text that was not masked is a slice of it.
                #expect(role == .client || isFree == true, "what was read is free for the next read")
            }
            #expect(events == traffic.events)
            #expect(parser.bufferedByteCount == 0)
        }
    }

    @Test("what the builder makes the parser reads", arguments: WebSocketRole.allCases)
    func builderAndParser(receiver: WebSocketRole) {
        var random = SocketTestRandom(seed: 5)
        var builder = WebSocketFrameBuilder(role: receiver == .server ? .client : .server)
        var parser = WebSocketFrameParser(role: receiver, maxMessageByteCount: 200_000)
        for count in [0, 1, 7, 8, 9, 125, 126, 127, 5_000, 65_535, 65_536, 150_000] {
            let text = random.text(count)
            // The guess of the length may be wrong either way.
            let guess = max(0, text.utf8.count + random.int(-70_000...70_000))
            parser.append(builder.frame(.text, byteCount: guess) { $0.writeString(text) })
            #expect(parser.next() == .text(ByteBuffer(string: text)))
            #expect(parser.next() == nil)
        }
    }

    @Test("random and damaged bytes never crash it, never exceed the limit and never get past a breach")
    func fuzz() {
        var random = SocketTestRandom(seed: 6)
        let limit = 2_000
        for round in 0..<2_000 {
            let role: WebSocketRole = Bool.random(using: &random) ? .server : .client
            var bytes: [UInt8]
            if round % 4 == 0 {
                bytes = random.bytes(random.int(0...200))
            } else {
                bytes = self.makeTraffic(&random, role: role, limit: limit).bytes
                for _ in 0..<random.int(1...4) where !bytes.isEmpty {
                    let at = random.int(0...min(bytes.count - 1, 400))
                    switch random.int(0...2) {
                    case 0: bytes[at] = UInt8.random(in: 0...255, using: &random)
                    case 1: bytes.remove(at: at)
                    default: bytes.insert(UInt8.random(in: 0...255, using: &random), at: at)
                    }
                }
            }
            var parser = WebSocketFrameParser(role: role, maxMessageByteCount: limit)
            var isOver = false
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = rest.prefix(random.int(1...500))
                rest = rest.dropFirst(piece.count)
                parser.append(ByteBuffer(bytes: piece))
                while let event = parser.next() {
                    #expect(!isOver, "nothing comes after the end")
                    switch event {
                    case .text(let text):
                        #expect(text.readableBytes <= limit)
                        #expect(String(validating: text.readableBytesView, as: UTF8.self) != nil)
                    case .binary(let byteCount): #expect(byteCount <= limit)
                    case .ping(let payload): #expect(payload.readableBytes <= 125)
                    case .pong: break
                    case .close(let code, let reason):
                        #expect(code.map(WebSocketCloseCode.isSendable) ?? true)
                        #expect(reason.utf8.count <= 123)
                        isOver = true
                    case .breach(let breach):
                        #expect([1002, 1007, 1009].contains(breach.code))
                        isOver = true
                    }
                }
                #expect(parser.bufferedByteCount <= limit + 14, "a message and a header at most")
            }
        }
    }
}
