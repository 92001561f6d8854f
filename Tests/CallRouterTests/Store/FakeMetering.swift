import CallActors
import Logging
import Synchronization

/// Remembers what the parts under test told the metrics, and lets a test wait for it.
final class FakeMetering: CallMetering {
    private let seen = Mutex<(errors: [CallErrorKind], outcomes: [CallRecord.Outcome], usd: Double)>(([], [], 0))
    private let errorStream = AsyncStream.makeStream(of: CallErrorKind.self, bufferingPolicy: .bufferingOldest(1_000))
    private let outcomeStream = AsyncStream.makeStream(
        of: CallRecord.Outcome.self,
        bufferingPolicy: .bufferingOldest(1_000)
    )

    var errors: [CallErrorKind] { self.seen.withLock { $0.errors } }
    var outcomes: [CallRecord.Outcome] { self.seen.withLock { $0.outcomes } }
    var usd: Double { self.seen.withLock { $0.usd } }

    /// The next error that was not waited for yet.
    func nextError() async -> CallErrorKind? { await self.errorStream.stream.first { _ in true } }

    /// The next outcome that was not waited for yet.
    func nextOutcome() async -> CallRecord.Outcome? { await self.outcomeStream.stream.first { _ in true } }

    func error(_ kind: CallErrorKind) {
        self.seen.withLock { $0.errors.append(kind) }
        self.errorStream.continuation.yield(kind)
    }

    func outcome(_ outcome: CallRecord.Outcome) {
        self.seen.withLock { $0.outcomes.append(outcome) }
        self.outcomeStream.continuation.yield(outcome)
    }

    func cost(usd: Double) { self.seen.withLock { $0.usd += usd } }

    func frameWritten(_ direction: FrameDirection, relay: Duration) {}
    func framesDropped(_ direction: FrameDirection, reason: FrameDropReason, count: Int) {}
    func framesReplayed(count: Int) {}
    func malformedMessage(_ peer: MeteredPeer) {}
    func turnLatency(_ latency: Duration) {}
    func bargeIn(_ latency: Duration) {}
    func reasoning(_ latency: Duration, fellBack: Bool) {}
    func restarted(_ part: MeteredPart) {}
    func reaped(_ reason: ReapReason) {}
    func streamRejected(_ reason: RejectReason) {}
    func activeCalls(_ count: Int) {}
    func connections(_ peer: MeteredPeer, delta: Int) {}
    func callEnded(duration: Duration) {}
}

extension Logger {
    /// Writes nothing.
    static var silent: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }
}
