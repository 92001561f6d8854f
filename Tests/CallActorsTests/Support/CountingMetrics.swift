import Synchronization

@testable import CallActors

/// Metrics by name, as a test reads them.
final class CountingMetrics: CallMetering {
    private let counts = Mutex<[String: Int]>([:])

    subscript(_ name: String) -> Int { self.counts.withLock { $0[name] ?? 0 } }

    private func add(_ name: String, _ count: Int = 1) { self.counts.withLock { $0[name, default: 0] += count } }

    func frameWritten(_ direction: FrameDirection, relay: Duration) { self.add("frames \(direction.rawValue)") }

    func framesDropped(_ direction: FrameDirection, reason: FrameDropReason, count: Int) {
        self.add("dropped \(direction.rawValue) \(reason.rawValue)", count)
    }

    func framesReplayed(count: Int) { self.add("replayed", count) }
    func malformedMessage(_ peer: MeteredPeer) { self.add("malformed \(peer.rawValue)") }
    func turnLatency(_ latency: Duration) { self.add("turns") }
    func bargeIn(_ latency: Duration) { self.add("barge-ins") }

    func reasoning(_ latency: Duration, fellBack: Bool) { self.add(fellBack ? "reasoning fallbacks" : "reasoning") }

    func restarted(_ part: MeteredPart) { self.add("restarted \(part.rawValue)") }
    func reaped(_ reason: ReapReason) { self.add("reaped \(reason.rawValue)") }
    func error(_ kind: CallErrorKind) { self.add("errors \(kind.rawValue)") }
    func streamRejected(_ reason: RejectReason) { self.add("rejected \(reason.rawValue)") }
    func activeCalls(_ count: Int) { self.counts.withLock { $0["active"] = count } }
    func connections(_ peer: MeteredPeer, delta: Int) { self.add("connections \(peer.rawValue)", delta) }
    func callEnded(duration: Duration) { self.add("ended") }
    func outcome(_ outcome: CallRecord.Outcome) {}
    func cost(usd: Double) {}
}
