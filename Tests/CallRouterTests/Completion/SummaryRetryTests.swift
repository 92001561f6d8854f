import CallActors
import CallRouter
import Foundation
import Testing

@Suite struct SummaryRetryTests {
    private let ended = Samples.start

    @Test("waits double up to ten minutes")
    func doubles() {
        var retry = SummaryRetry(policy: .init(patience: .seconds(86_400)), now: self.ended)
        #expect(retry.dueAt == self.ended, "the first attempt is due at once")
        var waits: [Double] = []
        for _ in 0..<12 {
            let now = retry.dueAt
            #expect(retry.summaryFailed(.timedOut, endedAt: self.ended, at: now, jitter: 0) == .again(at: retry.dueAt))
            waits.append(retry.dueAt.timeIntervalSince(now))
        }
        #expect(waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600])
        #expect(retry.failures == 12)
    }

    @Test("jitter shortens a wait by a quarter at most", arguments: [0, 0.5, 1, -7, 9])
    func jitter(jitter: Double) {
        var retry = SummaryRetry(policy: .init(patience: .seconds(100)), now: self.ended)
        _ = retry.summaryFailed(.timedOut, endedAt: self.ended, at: self.ended, jitter: jitter)
        let wait = retry.dueAt.timeIntervalSince(self.ended)
        #expect(wait >= 0.75)
        #expect(wait <= 1)
    }

    @Test(
        "what another attempt will hardly mend is tried more slowly, but tried",
        arguments: [
            ReasoningError.refused, .rejected(status: 401, type: "authentication_error"), .cancelled,
        ]
    )
    func slow(error: ReasoningError) {
        var retry = SummaryRetry(policy: .init(patience: .seconds(86_400)), now: self.ended)
        #expect(
            retry.summaryFailed(error, endedAt: self.ended, at: self.ended, jitter: 0)
                == .again(at: self.ended.addingTimeInterval(5))
        )
    }

    @Test("the service's own wish for a pause is honoured, but not past the deadline")
    func retryAfter() {
        let overloaded = ReasoningError.overloaded(status: 429, retryAfter: .seconds(40))
        var retry = SummaryRetry(policy: .init(patience: .seconds(60)), now: self.ended)
        _ = retry.summaryFailed(overloaded, endedAt: self.ended, at: self.ended, jitter: 0)
        #expect(retry.dueAt == self.ended.addingTimeInterval(40))
        _ = retry.summaryFailed(overloaded, endedAt: self.ended, at: retry.dueAt, jitter: 0)
        #expect(retry.dueAt == self.ended.addingTimeInterval(60), "the last attempt is made at the deadline")
        #expect(retry.summaryFailed(overloaded, endedAt: self.ended, at: retry.dueAt, jitter: 0) == .giveUp)
        var short = SummaryRetry(policy: .init(patience: .seconds(60)), now: self.ended)
        _ = short.summaryFailed(
            .overloaded(status: 529, retryAfter: .milliseconds(10)),
            endedAt: self.ended,
            at: self.ended,
            jitter: 0
        )
        #expect(short.dueAt == self.ended.addingTimeInterval(1), "no shorter than our own wait")
    }

    @Test("the time left counts from the end of the call, also after a restart")
    func restart() {
        let later = self.ended.addingTimeInterval(95)
        var retry = SummaryRetry(policy: .init(patience: .seconds(100)), now: later)
        for wait in [1.0, 2, 2] {
            let now = retry.dueAt
            #expect(
                retry.summaryFailed(.timedOut, endedAt: self.ended, at: now, jitter: 0)
                    == .again(at: now.addingTimeInterval(wait))
            )
        }
        #expect(retry.summaryFailed(.timedOut, endedAt: self.ended, at: retry.dueAt, jitter: 0) == .giveUp)
    }

    @Test("a start long after the deadline still makes one attempt")
    func lateStart() {
        let later = self.ended.addingTimeInterval(1_000)
        var retry = SummaryRetry(policy: .init(patience: .seconds(100)), now: later)
        #expect(retry.dueAt == later)
        #expect(retry.summaryFailed(.timedOut, endedAt: self.ended, at: later, jitter: 0) == .giveUp)
    }

    @Test("a store that is down has no deadline")
    func storeDown() {
        var retry = SummaryRetry(policy: .init(patience: .seconds(10)), now: self.ended)
        var now = self.ended
        for _ in 0..<40 {
            retry.storeFailed(at: now, jitter: 0)
            #expect(retry.dueAt > now)
            #expect(retry.dueAt <= now.addingTimeInterval(600))
            now = retry.dueAt
        }
        #expect(retry.failures == 0)
    }

    @Test("whatever fails whenever: attempts end, the last one at the deadline or after a late start")
    func alwaysEnds() {
        let errors: [ReasoningError] = [
            .timedOut, .refused, .overloaded(status: 529, retryAfter: nil),
            .overloaded(status: 429, retryAfter: .seconds(3_600)), .malformed("x"), .unreachable("y"),
        ]
        for seed in UInt64(0)..<200 {
            var random = SeededGenerator(seed: seed)
            let patience = Double.random(in: 0..<100_000, using: &random)
            let deadline = self.ended.addingTimeInterval(patience)
            var retry = SummaryRetry(policy: .init(patience: .seconds(patience)), now: self.ended)
            var isOver = false
            for _ in 0..<2_000 where !isOver {
                let now = retry.dueAt.addingTimeInterval(Double.random(in: 0..<60, using: &random))
                let error = errors.randomElement(using: &random) ?? .timedOut
                let jitter = Double.random(in: 0...1, using: &random)
                switch retry.summaryFailed(error, endedAt: self.ended, at: now, jitter: jitter) {
                case .again(let next):
                    #expect(now < deadline, "seed \(seed)")
                    #expect(next > now, "seed \(seed)")
                    #expect(next.timeIntervalSince(deadline) < 0.001, "seed \(seed)")
                case .giveUp:
                    #expect(now.timeIntervalSince(deadline) > -0.001, "seed \(seed)")
                    isOver = true
                }
            }
            #expect(isOver, "seed \(seed)")
        }
    }
}
