import CallActors
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import Testing

@testable import CallRouter

@Suite("Values of failure reports")
struct ReportValueTests {
    // MARK: - DSN

    @Test("a DSN names key, project and server, also one with a port, a path and an old secret")
    func dsn() throws {
        let hosted = try SentryDSN("https://abc123@o0.ingest.sentry.io/4501")
        #expect(hosted.envelopeURL == "https://o0.ingest.sentry.io/api/4501/envelope/")
        #expect(hosted.publicKey.value == "abc123")
        #expect(!hosted.isExposed)
        let own = try SentryDSN("http://key:oldsecret@errors.example:9000/sentry/eu/7")
        #expect(own.envelopeURL == "http://errors.example:9000/sentry/eu/api/7/envelope/")
        #expect(own.isExposed)
        #expect(!own.authorization.contains("oldsecret"))
        #expect(
            own.authorization
                == "Sentry sentry_version=7, sentry_key=key, sentry_client=callrouter/\(RouterVersion.current)"
        )
        #expect(try !SentryDSN("http://k@127.0.0.1:9000/7").isExposed)
        #expect(try SentryDSN("https://k@[::1]:9000/7/").envelopeURL == "https://[::1]:9000/api/7/envelope/")
    }

    @Test(
        "what is no DSN is refused without being quoted",
        arguments: [
            "hidden", "https://o0.ingest.sentry.io/1", "https://hidden@host", "https://hidden@host/",
            "ftp://hidden@host/1",
            "https://hidden@/1", "https://hid%0Aden@host/1", "https://hidden@host/1?x=1", "https://hidden@host/a%20b",
            "https://hidden@host:99999/1", "",
        ]
    )
    func badDSN(text: String) {
        #expect { try SentryDSN(text) } throws: { "\($0)".contains("hidden") == false }
    }

    // MARK: - Answers

    @Test("an answer says whether to go on, to wait, to give up or to try again")
    func answers() {
        func answer(_ status: Int, _ headers: HTTPHeaders = [:]) -> SentryAnswer {
            SentryAnswer(status: status, headers: headers, now: Date(timeIntervalSince1970: 784_111_770))
        }
        #expect(answer(200) == .taken)
        #expect(answer(429) == .limited(.seconds(60), isTaken: false))
        #expect(answer(429, ["Retry-After": "7"]) == .limited(.seconds(7), isTaken: false))
        #expect(answer(429, ["Retry-After": "6.5"]) == .limited(.seconds(7), isTaken: false))
        #expect(answer(429, ["Retry-After": "Sun, 06 Nov 1994 08:49:37 GMT"]) == .limited(.seconds(7), isTaken: false))
        #expect(answer(429, ["Retry-After": "soon"]) == .limited(.seconds(60), isTaken: false))
        #expect(answer(429, ["Retry-After": "1e99"]) == .limited(.seconds(86_400), isTaken: false))
        #expect(answer(429, ["Retry-After": "-5"]) == .limited(.seconds(60), isTaken: false))
        let both: HTTPHeaders = ["Retry-After": "7", "X-Sentry-Rate-Limits": "90:error;security:organization, 20::key"]
        #expect(answer(429, both) == .limited(.seconds(90), isTaken: false), "the longest limit that is for errors")
        #expect(answer(200, ["X-Sentry-Rate-Limits": "30:error:project"]) == .limited(.seconds(30), isTaken: true))
        #expect(answer(200, ["X-Sentry-Rate-Limits": "30"]) == .limited(.seconds(30), isTaken: true))
        #expect(answer(200, ["X-Sentry-Rate-Limits": "2700:transaction;replay:key"]) == .taken)
        #expect(answer(200, ["X-Sentry-Rate-Limits": "nonsense, :error"]) == .taken)
        for status in [400, 401, 403, 404, 413, 301] { #expect(answer(status) == .refused(status: status)) }
        for status in [500, 502, 503, 504, 408] { #expect(answer(status) == .unavailable("HTTP \(status)")) }
    }

    // MARK: - How many

    @Test("of each kind one is sent a minute, and the next says how many were held back")
    func limiter() {
        var limiter = ReportLimiter()
        let start = ContinuousClock.now
        #expect(limiter.admit("a", at: start) == .send(repeats: 0))
        for second in 1..<60 { #expect(limiter.admit("a", at: start + .seconds(second)) == .repeated) }
        #expect(limiter.admit("b", at: start + .seconds(1)) == .send(repeats: 0))
        #expect(limiter.admit("a", at: start + .seconds(60)) == .send(repeats: 59))
        #expect(limiter.admit("a", at: start + .seconds(121)) == .send(repeats: 0))
    }

    @Test("kinds without end are bounded, in a minute and in memory")
    func limiterBounds() {
        var limiter = ReportLimiter()
        var random = SeededGenerator(seed: 5)
        var now = ContinuousClock.now
        var sent: [ContinuousClock.Instant] = []
        for index in 0..<20_000 {
            now += .milliseconds(Int.random(in: 0...500, using: &random))
            let kind = Bool.random(using: &random) ? "\(index)" : "\(Int.random(in: 0..<9, using: &random))"
            if case .send = limiter.admit(kind, at: now) { sent.append(now) }
            #expect(limiter.kindCount <= ReportLimiter.kindLimit)
        }
        // Windows follow each other, so that two of them may touch within any minute.
        for (index, first) in sent.enumerated() where index + 2 * ReportLimiter.budget < sent.count {
            #expect(first.duration(to: sent[index + 2 * ReportLimiter.budget]) >= ReportLimiter.window)
        }
        #expect(sent.count > ReportLimiter.budget)
    }

    @Test("a full queue keeps the first failures, and counts what has no room")
    func queue() {
        var queue = ReportQueue()
        var now = ContinuousClock.now
        for index in 0..<200 {
            now += .seconds(3)
            _ = queue.take(Self.report("failure \(index)"), kind: "\(index)", at: now)
        }
        #expect(queue.count == ReportQueue.capacity)
        #expect(queue.first?.message == "failure 0")
        #expect(queue.takeLostCount() == 200 - ReportQueue.capacity)
        #expect(queue.takeLostCount() == 0)
        queue.removeFirst()
        #expect(queue.first?.message == "failure 1")
    }

    // MARK: - Events

    private static func report(
        _ message: String,
        level: Logger.Level = .error,
        metadata: Logger.Metadata = [:],
        error: (any Error)? = nil
    ) -> FailureReport {
        FailureReport(
            LogRecord(date: Date(), level: level, label: "test", message: message, metadata: metadata),
            error: error
        )
    }

    private static func event(_ report: FailureReport) -> String {
        let event = SentryEvent(report: report, origin: .init(), scrubber: Scrubber(secrets: ["my own key"]))
        return String(buffer: event.envelope(sentAt: Date()))
    }

    @Test("an event has the error's type, the scrubbed message, and only the metadata that may be told")
    func event() {
        let text = Self.event(
            Self.report(
                "\(StoreError.unavailable("near +1 555 123 4567, my own key"))",
                metadata: [
                    "call_id": "3f2504e0-4f89-41d3-9a0c-0305e82c3301", "failures": "8", "part": "store",
                    "words": "hello",
                    "number": "5", "error": "x",
                ],
                error: StoreError.unavailable("near +1 555 123 4567, my own key")
            )
        )
        #expect(text.contains(#""type":"StoreError""#))
        #expect(text.contains("near [number], [secret]"))
        #expect(text.contains(#""tags":{"call_id":"3f2504e0-4f89-41d3-9a0c-0305e82c3301","part":"store"}"#))
        #expect(text.contains(#""extra":{"failures":"8"}"#))
        #expect(!text.contains("logentry"), "the message is the error")
        #expect(!text.contains("555") && !text.contains("hello"))
    }

    @Test("an error of another library gives its type, and nothing of what it says")
    func foreignError() {
        struct Quoting: Error { let words = "my name is Jane" }
        let foreign = DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "my name is Jane"))
        let text = Self.event(Self.report("A request failed unexpectedly", error: foreign))
        #expect(text.contains("DecodingError"))
        #expect(text.contains("A request failed unexpectedly"))
        #expect(!text.contains("Jane"))
        let other = Self.event(Self.report("A request failed unexpectedly", error: Quoting()))
        #expect(!other.contains("Jane"), "a type of the tests is not the router's own")
    }

    @Test("critical is fatal, and what was held back is told")
    func levels() {
        var report = Self.report("It ends.", level: .critical)
        report.repeats = 3
        let text = Self.event(report)
        #expect(text.contains(#""level":"fatal""#))
        #expect(text.contains(#""repeated_before":3"#))
        #expect(text.contains(#""logentry":{"formatted":"It ends."}"#))
    }

    @Test("failures that differ in numbers and identifiers only are of one kind")
    func kinds() {
        let first = Self.report("Call 3f2504e0-4f89-41d3-9a0c-0305e82c3301 failed after 3 s").kind
        #expect(first == Self.report("Call 00000000-4f89-41d3-9a0c-0305e82c3301 failed after 14 s").kind)
        #expect(first != Self.report("Call 3f2504e0-4f89-41d3-9a0c-0305e82c3301 failed at 3 s").kind)
        #expect(first != Self.report("Call 1 failed after 3 s", error: StoreError.refused("")).kind)
        #expect(first != Self.report("Call 1 failed after 3 s", level: .critical).kind)
    }
}
