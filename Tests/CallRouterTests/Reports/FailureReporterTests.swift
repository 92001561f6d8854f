import Foundation
import Logging
import NIOHTTP1
import NIOPosix
import StandIns
import Testing

@testable import CallRouter

@Suite("Reporting failures", .timeLimit(.minutes(2)))
struct FailureReporterTests {
    private let log = RecordedLog()

    private func reporter(_ dsn: String, timeout: Duration = .seconds(10)) throws -> FailureReporter {
        var settings = FailureReporter.Settings(dsn: try SentryDSN(dsn), origin: .init(), scrubber: Scrubber())
        settings.timeout = timeout
        settings.firstPause = .milliseconds(1)
        let log = self.log
        return FailureReporter(settings) { log.logger }
    }

    /// A logger like that of the process, at a level at which nothing is written.
    private func logger(_ reporter: FailureReporter) -> Logger {
        Logger(label: "test.part") { label in
            RouterLogHandler(
                label: label,
                format: .json,
                level: .critical,
                write: { _ in },
                report: { record, error in reporter.take(record, error: error) }
            )
        }
    }

    /// Runs a reporter while `body` logs, and ends it within `limit`.
    private func run(
        _ reporter: FailureReporter,
        finishWithin limit: Duration = .seconds(30),
        _ body: (Logger) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reporter.run() }
            // A test that failed must not wait for ever.
            defer { reporter.finish(within: limit) }
            try await body(self.logger(reporter))
        }
    }

    @Test("what is logged at error and critical arrives, whatever is written to the log; warnings do not")
    func levels() async throws {
        let receiver = try await SentryReceiver.start()
        let reporter = try self.reporter(receiver.dsn)
        try await self.run(reporter) { logger in
            logger.warning("Only a warning")
            logger.error("It failed", metadata: ["call_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301"])
            logger.critical("It ends", error: StartError.partUnusable(part: "TLS", reason: "none"))
            let events = try await receiver.events(2)
            #expect(events.map(SentryReceiver.text) == ["It failed", "It ends"])
            #expect(events[0]["level"] == "error" && events[1]["level"] == "fatal")
            #expect(events[0]["logger"] == "test.part")
            #expect(events[1]["exception"]?["values"]?.array?.first?["type"] == "StartError")
        }
        #expect(receiver.state.current.faults.isEmpty)
        #expect(receiver.state.current.events.count == 2)
        await receiver.stop()
    }

    @Test("a part that fails a thousand times is one event, and logging it takes no time of the network")
    func repeated() async throws {
        let receiver = try await SentryReceiver.start()
        let reporter = try self.reporter(receiver.dsn)
        try await self.run(reporter) { logger in
            await withTaskGroup(of: Void.self) { group in
                for _ in 0..<8 {
                    group.addTask { for index in 0..<125 { logger.error("Write \(index) failed") } }
                }
            }
        }
        #expect(receiver.state.current.events.map(SentryReceiver.text).count == 1)
        #expect(receiver.state.current.faults.isEmpty)
        await receiver.stop()
    }

    @Test("after 429 nothing is sent until the limit is over, then the same event is")
    func limited() async throws {
        let receiver = try await SentryReceiver.start { index in
            guard index == 0 else { return nil }
            return .json([:], status: .tooManyRequests, headers: ["Retry-After": "1"])
        }
        let reporter = try self.reporter(receiver.dsn)
        let started = ContinuousClock.now
        try await self.run(reporter) { logger in
            logger.error("First")
            try await self.log.wait(for: "takes no reports for now")
            logger.error("Second")
            let events = try await receiver.events(2)
            #expect(events.map(SentryReceiver.text) == ["First", "Second"])
            // Never earlier than it was told; later proves nothing.
            #expect(started.duration(to: .now) >= .seconds(1))
        }
        #expect(receiver.state.current.requestCount == 3)
        await receiver.stop()
    }

    @Test("a limit that comes with an event that was taken stands at the end: what waits is lost, and said to be")
    func limitAtTheEnd() async throws {
        let receiver = try await SentryReceiver.start { _ in
            .json([:], headers: ["X-Sentry-Rate-Limits": "3600:error:organization"])
        }
        let reporter = try self.reporter(receiver.dsn)
        try await self.run(reporter) { logger in
            logger.error("First")
            try await self.log.wait(for: "takes no reports for now")
            logger.error("Second")
        }
        #expect(receiver.state.current.requestCount == 1)
        #expect(self.log.count("could not be delivered before the end") == 1)
        await receiver.stop()
    }

    @Test("a server that fails is tried again with the same event, one that refuses is not")
    func failing() async throws {
        let receiver = try await SentryReceiver.start { index in
            switch index {
            case 0: .json([:], status: .serviceUnavailable)
            case 1: LoopbackResponse(status: .ok, headers: ["Content-Length": "10"], steps: [.abort])
            case 2: nil
            case 3: .json([:], status: .forbidden)
            default: nil
            }
        }
        let reporter = try self.reporter(receiver.dsn)
        try await self.run(reporter) { logger in
            logger.error("First")
            let first = try await receiver.events(1)
            #expect(first.map(SentryReceiver.text).first == "First")
            logger.error("Second")
            try await self.log.wait(for: "refused a failure report")
            logger.error("Third")
            _ = try await receiver.state.wait(for: "the third") { state in
                state.events.contains { SentryReceiver.text($0) == "Third" } ? true : nil
            }
        }
        #expect(!receiver.state.current.events.map(SentryReceiver.text).contains("Second"))
        #expect(receiver.state.current.faults.isEmpty)
        await receiver.stop()
    }

    @Test("a server that is down costs nothing, and the end does not wait for it")
    func down() async throws {
        let receiver = try await SentryReceiver.start()
        let dsn = receiver.dsn
        await receiver.stop()
        let reporter = try self.reporter(dsn)
        try await self.run(reporter) { logger in
            for index in 0..<300 { logger.error("Failure of part \(Self.letters(index))") }
        }
        #expect(self.log.count("could not be delivered before the end") == 1)
        #expect(self.log.count("were dropped") <= 1)
    }

    @Test("a server that never answers holds the end up for no longer than it may")
    func slow() async throws {
        let receiver = try await SentryReceiver.start { _ in
            LoopbackResponse(status: .ok, steps: [.hang], delay: .seconds(3600))
        }
        let reporter = try self.reporter(receiver.dsn, timeout: .seconds(3600))
        try await self.run(reporter, finishWithin: .milliseconds(200)) { logger in
            logger.error("First")
            _ = try await receiver.state.wait(for: "the request") { $0.requestCount == 1 ? true : nil }
            logger.error("Second")
        }
        #expect(self.log.lines.contains { $0.text.contains("before the end") && $0.text.contains("2") })
        await receiver.stop()
    }

    @Test("a server that does not answer in time is asked again")
    func timeout() async throws {
        let receiver = try await SentryReceiver.start { index in
            index == 0 ? LoopbackResponse(status: .badGateway, steps: [.hang], delay: .seconds(3600)) : nil
        }
        let reporter = try self.reporter(receiver.dsn, timeout: .milliseconds(300))
        try await self.run(reporter) { logger in
            logger.error("First")
            let events = try await receiver.events(1)
            #expect(events.count == 1)
        }
        await receiver.stop()
    }

    @Test("everything that was logged before the end is delivered at the end")
    func flushed() async throws {
        let receiver = try await SentryReceiver.start()
        let reporter = try self.reporter(receiver.dsn)
        let logger = self.logger(reporter)
        for index in 0..<20 { logger.error("Failure of part \(Self.letters(index))") }
        reporter.finish(within: .seconds(60))
        await reporter.run()
        #expect(receiver.state.current.events.count == 20)
        #expect(self.log.lines.isEmpty)
        logger.error("Too late")
        #expect(receiver.state.current.events.count == 20)
        await receiver.stop()
    }

    @Test("too many kinds of failures give way, and the log says so")
    func flood() async throws {
        let receiver = try await SentryReceiver.start()
        let reporter = try self.reporter(receiver.dsn)
        try await self.run(reporter) { logger in
            for index in 0..<100 { logger.error("Failure of part \(Self.letters(index))") }
            _ = try await receiver.events(ReportLimiter.budget)
            try await self.log.wait(for: "were dropped")
        }
        #expect(receiver.state.current.events.count == ReportLimiter.budget)
        await receiver.stop()
    }

    @Test("a check posts an empty envelope, and says what to do about whatever is wrong")
    func check() async throws {
        let receiver = try await SentryReceiver.start { index in
            index == 1 ? .json([:], status: .forbidden) : nil
        }
        let check = SentryCheck(dsn: try SentryDSN(receiver.dsn), eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
        #expect(await check.finding().grade == .ok)
        #expect(receiver.state.current.emptyCount == 1 && receiver.state.current.events.isEmpty)
        let refused = await check.finding()
        #expect(refused.grade == .warning && refused.detail.contains("Copy the DSN again"))
        await receiver.stop()
        let down = await check.finding()
        #expect(down.grade == .warning && down.detail.contains("cannot be reached"))
        for finding in [refused, down] { #expect(!finding.line.contains(SentryReceiver.key)) }
    }

    /// A word without a digit: digits do not make another kind of failure.
    private static func letters(_ index: Int) -> String {
        String(index).map { String(UnicodeScalar(UInt8(ascii: "a") + UInt8($0.wholeNumberValue ?? 0))) }.joined()
    }
}
