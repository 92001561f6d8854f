import Foundation
import NIOCore
import Testing

@testable import Wire

@Suite struct SSEParserTests {
    private func events(_ chunks: [String]) throws -> [SSEEvent] {
        try self.events(chunks.map { Array($0.utf8) })
    }

    private func events(_ chunks: [[UInt8]]) throws -> [SSEEvent] {
        var parser = SSEParser()
        return try chunks.flatMap { try parser.feed(ByteBuffer(bytes: $0)) }
    }

    @Test("an event has a name and its data, and the blank line ends it")
    func simple() throws {
        #expect(
            try self.events(["event: ping\ndata: {}\n\ndata:x\n\n"]) == [
                SSEEvent(name: "ping", data: "{}"), SSEEvent(name: "message", data: "x"),
            ]
        )
    }

    @Test("lines end in LF, CR or CRLF, mixed at will", arguments: ["\n", "\r", "\r\n"])
    func lineEnds(end: String) throws {
        let stream = ["event: a", "data: 1", "data: 2", "", ": comment", "data: 3", "", ""].joined(separator: end)
        let expected = [SSEEvent(name: "a", data: "1\n2"), SSEEvent(name: "message", data: "3")]
        #expect(try self.events([stream]) == expected)
        #expect(try self.events(stream.utf8.map { [$0] }) == expected)
    }

    @Test("several data lines are joined by line feeds, and an empty one is a line too")
    func multiline() throws {
        #expect(try self.events(["data: a\ndata\ndata:\ndata:  b\n\n"]).map(\.data) == ["a\n\n\n b"])
    }

    @Test("comments, identifiers, retry times and unknown fields are passed over")
    func others() throws {
        #expect(
            try self.events([":\n: keep-alive\nid: 7\nretry: 10\nfoo: bar\nbaz\ndata: x:y\n\n"])
                == [SSEEvent(name: "message", data: "x:y")]
        )
    }

    @Test("an event without data is none, and its name does not stick to the next")
    func withoutData() throws {
        #expect(try self.events(["event: a\n\n\n\ndata: x\n\n"]) == [SSEEvent(name: "message", data: "x")])
    }

    @Test("what is unfinished at the end of the stream is no event")
    func unfinished() throws {
        #expect(try self.events(["data: x\n"]) == [])
        #expect(try self.events(["data: x\n\ndata: y"]).count == 1)
    }

    @Test("a byte order mark may come first, and only there")
    func byteOrderMark() throws {
        #expect(try self.events(["\u{FEFF}data: x\n\n\u{FEFF}data: y\n\n"]).map(\.data) == ["x"])
    }

    @Test("the example stream is the same events wherever it is cut in two, also within a character")
    func everyCut() throws {
        let example = try ModelExamples.text("anthropic-sse.txt")
        #expect(try self.events([example]).count == 21)
        // The first three events are enough to be cut at every byte.
        let start = example.components(separatedBy: "\n\n").prefix(3).joined(separator: "\n\n")
        let stream = Array((start + "\n\nevent: ü🙂\ndata: “ü🙂”\n\n").utf8)
        let whole = try self.events([stream])
        #expect(whole.map(\.name) == ["message_start", "content_block_start", "ping", "ü🙂"])
        #expect(whole.last?.data == "“ü🙂”")
        for cut in 0...stream.count {
            #expect(try self.events([Array(stream[..<cut]), Array(stream[cut...])]) == whole)
        }
        #expect(try self.events(stream.map { [$0] }) == whole)
    }

    @Test("bytes that are no UTF-8 become replacement characters and end nothing")
    func invalidText() throws {
        let bytes = Array("data: a".utf8) + [0xFF, 0xC3] + Array("b\n\n".utf8)
        #expect(try self.events([bytes]).map(\.data) == ["a\u{FFFD}\u{FFFD}b"])
    }

    @Test("an event that never ends is given up at its bound, in one line or in many")
    func bound() throws {
        var line = SSEParser(maxEventByteCount: 100)
        #expect(throws: SSEEventTooLong(limit: 100)) {
            try line.feed(ByteBuffer(string: "data: " + String(repeating: "x", count: 95)))
        }
        var lines = SSEParser(maxEventByteCount: 100)
        #expect(throws: SSEEventTooLong(limit: 100)) {
            try lines.feed(ByteBuffer(string: String(repeating: "data: xxxxxxxxx\n", count: 11)))
        }
        var fitting = SSEParser(maxEventByteCount: 100)
        for _ in 0..<50 { #expect(try fitting.feed(ByteBuffer(string: "data: xxxxxxxxx\n\n")).count == 1) }
    }

    @Test("no bytes crash the parser, and how they are cut makes no difference")
    func fuzz() throws {
        var random = ModelRandom(seed: 3)
        let example = Array(try ModelExamples.text("anthropic-sse.txt").utf8)
        for _ in 0..<300 {
            let bytes = random.mutate(example)
            var chunks: [[UInt8]] = []
            var rest = bytes[...]
            while !rest.isEmpty {
                let length = Int.random(in: 1...200, using: &random)
                chunks.append(Array(rest.prefix(length)))
                rest = rest.dropFirst(length)
            }
            #expect(try self.events(chunks) == self.events([bytes]))
        }
    }
}
