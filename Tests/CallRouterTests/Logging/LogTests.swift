import Foundation
import Logging
import Synchronization
import Testing

@testable import CallRouter

@Suite("The log")
struct LogTests {
    private final class Lines: Sendable {
        private let list = Mutex<[String]>([])
        var all: [String] { self.list.withLock { $0 } }
        func add(_ line: String) { self.list.withLock { $0.append(line) } }
    }

    private func logger(_ format: LogFormat, level: Logger.Level = .info, _ lines: Lines) -> Logger {
        Logger(label: "test.part") { label in
            RouterLogHandler(
                label: label,
                format: format,
                level: level,
                now: { Date(timeIntervalSince1970: 1_790_000_000.5) },
                write: { lines.add($0) }
            )
        }
    }

    @Test("a JSON record is one line with time, level, message, label and metadata")
    func json() {
        let lines = Lines()
        var logger = self.logger(.json, lines)
        logger[metadataKey: "call_id"] = "c1"
        logger.debug("not shown")
        logger.warning("look", metadata: ["n": .stringConvertible(3), "list": ["a", ["k": "v"]]])
        logger.error("plain", metadata: ["call_id": "c2"])
        #expect(
            lines.all == [
                #"{"ts":"2026-09-21T14:13:20.500Z","level":"warning","msg":"look","label":"test.part","#
                    + #""metadata":{"call_id":"c1","list":["a",{"k":"v"}],"n":"3"}}"# + "\n",
                #"{"ts":"2026-09-21T14:13:20.500Z","level":"error","msg":"plain","label":"test.part","#
                    + #""metadata":{"call_id":"c2"}}"# + "\n",
            ]
        )
    }

    @Test("an error that comes with a record is told once: where it is the message, not again")
    func errors() throws {
        let lines = Lines()
        let logger = self.logger(.json, lines)
        let error = StartError.partUnusable(part: "TLS", reason: "none")
        logger.error("\(error)", error: error)
        logger.error("It failed", error: error)
        #expect(lines.all.map { $0.contains("metadata") } == [false, true])
        #expect(lines.all.last?.contains(#""metadata":{"error":"TLS cannot be set up (none)."}"#) == true)
    }

    @Test("failures are reported whatever level is written, and what is written stays as it was")
    func reported() {
        let (lines, reports) = (Lines(), Lines())
        var logger = Logger(label: "test") { label in
            RouterLogHandler(
                label: label,
                format: .text,
                level: .critical,
                write: { lines.add($0) },
                report: { record, _ in reports.add(record.message) }
            )
        }
        logger.warning("one")
        logger.error("two")
        logger.critical("three")
        logger.logLevel = .warning
        logger.warning("four")
        logger.error("five")
        #expect(lines.all.map { $0.split(separator: " ").last } == ["three\n", "four\n", "five\n"])
        #expect(reports.all == ["two", "three", "five"])
    }

    @Test("a text record is one line for people")
    func text() {
        let lines = Lines()
        self.logger(.text, lines).notice("two\nlines", metadata: ["b": "2", "a": "1"])
        #expect(lines.all == ["2026-09-21T14:13:20.500Z NOTICE   [test.part] two\n    lines a=1 b=2\n"])
    }

    @Test("whatever is logged, a JSON record can be read back and is one line")
    func fuzz() throws {
        let lines = Lines()
        let logger = self.logger(.json, lines)
        var random = SeededGenerator(seed: 9)
        for _ in 0..<500 {
            let text = String(
                String.UnicodeScalarView(
                    (0..<Int.random(in: 0...30, using: &random)).compactMap { _ in
                        Unicode.Scalar(UInt32.random(in: 0...0x20FF, using: &random))
                    }
                )
            )
            logger.info("\(text)", metadata: ["\(text)": .array([.string(text), .dictionary([text: "x"])])])
            let line = try #require(lines.all.last)
            // Readers of JSON lines part them at LF; the separators of Unicode are ordinary characters to them.
            #expect(line.hasSuffix("}\n"))
            #expect(!line.dropLast().unicodeScalars.contains { $0.value < 0x20 })
            let fields = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect((fields["msg"] as? String).map { Array($0.unicodeScalars) } == Array(text.unicodeScalars))
        }
    }

    @Test("lines come out in order and whole, from however many threads")
    func sink() async throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor) { "lost \($0)\n" }
        await withTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask { for index in 0..<200 { sink.write("\(writer) \(index)\n") } }
            }
        }
        sink.flush()
        try pipe.fileHandleForWriting.close()
        let text = String(decoding: try #require(try pipe.fileHandleForReading.readToEnd()), as: UTF8.self)
        let lines = text.split(separator: "\n").map { $0.split(separator: " ").compactMap { Int($0) } }
        #expect(lines.count == 800)
        for writer in 0..<4 {
            #expect(lines.filter { $0.first == writer }.map { $0[1] } == Array(0..<200))
        }
    }

    @Test("a reader that does not read costs records, never the writer's time, and is told how many")
    func slowReader() async throws {
        let pipe = Pipe()
        let sink = LogSink(descriptor: pipe.fileHandleForWriting.fileDescriptor) { "lost \($0)\n" }
        // More than pipe (64 KiB) and queue hold together.
        let line = String(repeating: "x", count: 1023) + "\n"
        for _ in 0..<(LogSink.capacity * 2 + 200) { sink.write(line) }
        let reading = pipe.fileHandleForReading
        async let text = Self.readAll(reading)
        // Now somebody reads: the queue empties, and the loss is told.
        sink.flush(limit: .seconds(30))
        try pipe.fileHandleForWriting.close()
        let lines = await text.split(separator: "\n")
        let lost = try #require(lines.last { $0.hasPrefix("lost ") }.flatMap { Int($0.dropFirst(5)) })
        #expect(lost > 0)
        #expect(lines.filter { $0.hasPrefix("x") }.count + lost == LogSink.capacity * 2 + 200)
    }

    @concurrent
    private static func readAll(_ handle: FileHandle) async -> String {
        String(decoding: (try? handle.readToEnd()) ?? Data(), as: UTF8.self)
    }
}
