import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite struct DialValueTests {
    private static let start = Samples.start

    // MARK: - Pace

    @Test("calls are spaced evenly, also where the clock is set back", arguments: [0.25, 1, 3, 50])
    func pace(_ rate: Double) {
        var random = SeededGenerator(seed: UInt64(rate * 100))
        var pace = DialPace(callsPerSecond: rate)
        var now = Self.start
        var last: Date?
        for _ in 0..<500 {
            now.addTimeInterval(Double.random(in: 0...(1.5 / rate), using: &random))
            let wait = pace.wait(at: now)
            #expect(wait <= .seconds(1 / rate) + .milliseconds(2))
            now.addTimeInterval(wait / .seconds(1))
            #expect(pace.wait(at: now) == .zero)
            if let last { #expect(now.timeIntervalSince(last) >= 1 / rate - 0.000_001) }
            pace.take(at: now)
            last = now
        }
        #expect(pace.wait(at: now.addingTimeInterval(-3600)) == .zero, "a clock that was set back stops nothing")
    }

    // MARK: - Creates

    @Test("a create is sent again within seconds and for no longer than a minute", arguments: 0..<20)
    func createRetry(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var retry = CreateRetry(since: Self.start)
        var now = Self.start
        var count = 0
        while count < 1_000 {
            count += 1
            let error: CarrierError =
                Bool.random(using: &random) ? .rateLimited(retryAfter: nil) : .unavailable("HTTP 503")
            let verdict = retry.failed(error, at: now, jitter: Double.random(in: 0...1, using: &random))
            guard case .again(let wait) = verdict else {
                #expect(verdict == .giveUp)
                break
            }
            #expect(wait > .zero && wait <= .seconds(10))
            now.addTimeInterval(wait / .seconds(1))
            #expect(now.timeIntervalSince(Self.start) <= 60)
        }
        #expect((6...30).contains(count))
    }

    @Test("what the carrier asks for is waited, but not past the minute")
    func retryAfter() {
        var retry = CreateRetry(since: Self.start)
        #expect(
            retry.failed(.rateLimited(retryAfter: .seconds(20)), at: Self.start, jitter: 1)
                == .again(after: .seconds(20))
        )
        let later = Self.start.addingTimeInterval(20)
        #expect(retry.failed(.rateLimited(retryAfter: .seconds(50)), at: later, jitter: 1) == .giveUp)
    }

    @Test("a refusal is final, and an answer that did not come leaves the call unknown")
    func createVerdicts() {
        var retry = CreateRetry(since: Self.start)
        #expect(retry.failed(.rejected(status: 400, code: "21211"), at: Self.start, jitter: 0) == .refused)
        #expect(retry.failed(.unanswered("cut"), at: Self.start, jitter: 0) == .unknown)
    }

    // MARK: - Retries

    @Test("three attempts in all, each after its wait and not before the callee's hours")
    func attempts() {
        let rules = DialRules(retryMinutes: [30, 60])
        let opening: (Date) -> Date = { $0 }
        #expect(
            rules.afterFailure(ofAttempt: 1, at: Self.start, isOptedOut: false, opening: opening)
                == .again(attempt: 2, dialAt: Self.start.addingTimeInterval(1800))
        )
        #expect(
            rules.afterFailure(ofAttempt: 2, at: Self.start, isOptedOut: false) { $0.addingTimeInterval(500) }
                == .again(attempt: 3, dialAt: Self.start.addingTimeInterval(4100))
        )
        #expect(rules.afterFailure(ofAttempt: 3, at: Self.start, isOptedOut: false, opening: opening) == .over)
        #expect(rules.afterFailure(ofAttempt: 1, at: Self.start, isOptedOut: true, opening: opening) == .over)
        #expect(
            DialRules(retryMinutes: []).afterFailure(ofAttempt: 1, at: Self.start, isOptedOut: false, opening: opening)
                == .over
        )
    }

    // MARK: - Addresses

    @Test("the carrier is given addresses below the public URL, or the fallback kept at the carrier")
    func addresses() throws {
        let url = try PublicURL("wss://router.example/base")
        let carrier = CarrierDouble { Self.start }
        let line = DialLine(carrier: carrier, number: "+15550001111", publicURL: url, fallbackURL: nil)
        let order = line.order(callID: "a b/c", to: "+15551234567", ringTime: .seconds(60))
        #expect(order.url == "https://router.example/base/laml/call/a%20b%2Fc")
        #expect(order.fallbackURL == "https://router.example/base/laml/fallback")
        #expect(order.statusCallback == "https://router.example/base/webhooks/signalwire/status?callId=a%20b%2Fc")
        #expect(order.amdCallback == "https://router.example/base/webhooks/signalwire/amd?callId=a%20b%2Fc")
        #expect(order.from == "+15550001111")
        let bin = try WebAddress("https://bins.example/wait", schemes: ["https"], loopbackSchemes: [])
        let other = DialLine(carrier: carrier, number: "+15550001111", publicURL: url, fallbackURL: bin)
        #expect(
            other.order(callID: "1", to: "+15551234567", ringTime: .seconds(60)).fallbackURL
                == "https://bins.example/wait"
        )
    }
}
