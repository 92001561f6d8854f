import NIOCore
import Testing
import Wire

@Suite struct RESPParserTests {
    private static func parse(_ text: String) throws -> [RESPValue] {
        var parser = RESPParser()
        parser.append(ByteBuffer(string: text))
        var values: [RESPValue] = []
        while let value = try parser.next() { values.append(value) }
        return values
    }

    private static func breach(of text: String, limits: RESPLimits = RESPLimits()) -> RESPBreach? {
        var parser = RESPParser(limits: limits)
        parser.append(ByteBuffer(string: text))
        let breach = #expect(throws: RESPBreach.self, "\(text)") { while try parser.next() != nil {} }
        // What follows a breach is never taken for an answer.
        parser.append(ByteBuffer(string: "+OK\r\n"))
        if let breach { #expect(throws: breach) { try parser.next() } }
        return breach
    }

    @Test("every kind of value is read")
    func kinds() throws {
        #expect(try Self.parse("+OK\r\n") == [.simple("OK")])
        #expect(try Self.parse("+\r\n") == [.simple("")])
        #expect(try Self.parse("-ERR no\r\n") == [.error("ERR no")])
        #expect(try Self.parse(":-42\r\n") == [.integer(-42)])
        #expect(try Self.parse("$5\r\na\r\nbc\r\n") == [.bulk(ByteBuffer(string: "a\r\nbc"))])
        #expect(try Self.parse("$0\r\n\r\n") == [.bulk(ByteBuffer())])
        #expect(try Self.parse("$-1\r\n*-1\r\n*0\r\n") == [.null, .null, .array([])])
        #expect(
            try Self.parse("*3\r\n:1\r\n*2\r\n+a\r\n$-1\r\n*0\r\n")
                == [.array([.integer(1), .array([.simple("a"), .null]), .array([])])]
        )
        #expect(try Self.parse("+a\r\n:1\r\n+b\r\n") == [.simple("a"), .integer(1), .simple("b")])
        #expect(try Self.parse("*2\r\n+a\r\n").isEmpty)
    }

    @Test("what is no answer is a breach, and the parser stays broken")
    func breaches() {
        #expect(Self.breach(of: "HTTP/1.1 400 Bad Request\r\n") == .unknownType(UInt8(ascii: "H")))
        #expect(Self.breach(of: ":12a\r\n") == .badNumber)
        #expect(Self.breach(of: ":\r\n") == .badNumber)
        #expect(Self.breach(of: "$-2\r\n") == .badNumber)
        #expect(Self.breach(of: "*-7\r\n") == .badNumber)
        #expect(Self.breach(of: "$99999999999999999999\r\n") == .badNumber)
        #expect(Self.breach(of: "\r\n") == .badEnd)
        #expect(Self.breach(of: "+OK\rX") == .badEnd)
        #expect(Self.breach(of: "$2\r\nabXY") == .badEnd)
    }

    @Test("an answer over a limit is given up before it is kept")
    func limits() {
        var limits = RESPLimits()
        limits.lineByteCount = 8
        limits.bulkByteCount = 10
        limits.valueByteCount = 16
        limits.valueCount = 6
        limits.depth = 2
        for text in [
            "+123456789", "+12345678\r\n", "$11\r\n", "*3\r\n$9\r\n123456789\r\n$9\r\n", "*7\r\n",
            "*3\r\n*2\r\n+a\r\n+b\r\n*2\r\n+a\r\n+b\r\n", "*1\r\n*1\r\n*1\r\n",
        ] {
            guard case .tooLarge = Self.breach(of: text, limits: limits) else {
                Issue.record("\(text) was taken")
                continue
            }
        }
        #expect(Self.breach(of: "*1000001\r\n") == .tooLarge("values"))
        #expect(Self.breach(of: String(repeating: "*1\r\n", count: 9)) == .tooLarge("nested arrays"))
    }

    @Test("the limits count for one answer, not for the connection")
    func limitsPerAnswer() throws {
        var limits = RESPLimits()
        limits.valueByteCount = 16
        limits.valueCount = 3
        var parser = RESPParser(limits: limits)
        for _ in 0..<1_000 {
            parser.append(ByteBuffer(string: "*2\r\n$8\r\n12345678\r\n:1\r\n"))
            #expect(try parser.next()?.elements?.count == 2)
        }
    }

    @Test("however the bytes are cut, the values are the same")
    func cuts() throws {
        var random = SocketTestRandom(seed: 7)
        for _ in 0..<400 {
            let values = (0..<Int.random(in: 1...4, using: &random)).map { _ in Self.value(depth: 0, &random) }
            var bytes = ByteBuffer()
            for value in values { Self.write(value, to: &bytes) }
            var parser = RESPParser()
            var read: [RESPValue] = []
            while bytes.readableBytes > 0 {
                let most = Bool.random(using: &random) ? 3 : 40
                let length = min(bytes.readableBytes, Int.random(in: 1...most, using: &random))
                guard let part = bytes.readSlice(length: length) else { break }
                parser.append(part)
                while let value = try parser.next() { read.append(value) }
            }
            #expect(read == values)
        }
    }

    @Test("no bytes crash the parser, and cut in any way they are judged the same")
    func fuzz() {
        var random = SocketTestRandom(seed: 11)
        let pieces = ["*", "$", "+", "-", ":", "\r\n", "\r", "\n", "1", "2", "0", "-1", "a", "OK", "\0", "99999999999"]
        for _ in 0..<4_000 {
            let count = Int.random(in: 1...16, using: &random)
            let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            #expect(
                Self.outcome(text, step: text.utf8.count) == Self.outcome(text, step: 1),
                "\(text.debugDescription)"
            )
        }
    }

    /// The values of a text and the breach after them, fed in steps.
    private static func outcome(_ text: String, step: Int) -> [String] {
        var bytes = ByteBuffer(string: text)
        var parser = RESPParser()
        var seen: [String] = []
        while let part = bytes.readSlice(length: min(step, bytes.readableBytes)), part.readableBytes > 0 {
            parser.append(part)
            do throws(RESPBreach) {
                while let value = try parser.next() { seen.append("\(value)") }
            } catch {
                return seen + ["\(error)"]
            }
        }
        return seen
    }

    private static func value(depth: Int, _ random: inout SocketTestRandom) -> RESPValue {
        switch Int.random(in: 0...(depth < 4 ? 6 : 4), using: &random) {
        case 0: .simple(["OK", "", "QUEUED ü"].randomElement(using: &random) ?? "")
        case 1: .error("ERR something")
        case 2: .integer(Int64.random(in: .min ... .max, using: &random))
        case 3: .null
        case 4:
            .bulk(
                ByteBuffer(
                    bytes: (0..<Int.random(in: 0...60, using: &random)).map { _ in
                        UInt8.random(in: .min ... .max, using: &random)
                    }
                )
            )
        default:
            .array((0..<Int.random(in: 0...4, using: &random)).map { _ in Self.value(depth: depth + 1, &random) })
        }
    }

    private static func write(_ value: RESPValue, to bytes: inout ByteBuffer) {
        switch value {
        case .simple(let text): bytes.writeString("+\(text)\r\n")
        case .error(let text): bytes.writeString("-\(text)\r\n")
        case .integer(let number): bytes.writeString(":\(number)\r\n")
        case .null: bytes.writeString("$-1\r\n")
        case .bulk(let content):
            bytes.writeString("$\(content.readableBytes)\r\n")
            bytes.writeImmutableBuffer(content)
            bytes.writeString("\r\n")
        case .array(let elements):
            bytes.writeString("*\(elements.count)\r\n")
            for element in elements { Self.write(element, to: &bytes) }
        }
    }
}
