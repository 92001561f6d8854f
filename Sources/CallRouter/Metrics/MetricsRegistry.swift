import CallActors
import Synchronization

/// Counts what happens in calls and renders it for Prometheus.
///
/// Everything that is counted is an atomic number, so that recording takes no lock on any event loop. Every series
/// exists from the start. No label holds anything unbounded.
package final class MetricsRegistry: CallMetering {
    let activeCallCount = Counter()
    let openConnections = CounterFamily<MeteredPeer>()
    let outcomes = CounterFamily<CallRecord.Outcome>()
    let errors = CounterFamily<CallErrorKind>()
    let framesToModel = Counter()
    let framesToCarrier = Counter()
    let droppedToModel = CounterFamily<FrameDropReason>()
    let droppedToCarrier = CounterFamily<FrameDropReason>()
    let replayedFrames = Counter()
    let malformed = CounterFamily<MeteredPeer>()
    let restarts = CounterFamily<MeteredPart>()
    let reaps = CounterFamily<ReapReason>()
    let rejections = CounterFamily<RejectReason>()
    let reasoningFallbacks = Counter()
    /// In whole nanodollars, so that adding needs no lock.
    let costNanodollars = Counter()

    let callDuration = DurationHistogram(
        bounds: [1, 5, 10, 30, 60, 120, 180, 240, 300, 330, 600, 1_200, 1_800, 3_600]
    )
    let relayToModel = DurationHistogram(bounds: MetricsRegistry.relayBounds)
    let relayToCarrier = DurationHistogram(bounds: MetricsRegistry.relayBounds)
    let turnLatencies = DurationHistogram(
        bounds: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 5, 10]
    )
    let bargeIns = DurationHistogram(
        bounds: [0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 1]
    )
    let reasonings = DurationHistogram(bounds: [0.1, 0.25, 0.5, 0.75, 1, 1.5, 2, 3, 4, 5, 7.5, 10])

    private let lookups = Mutex(MetricsSources())

    private static let relayBounds = [0.0005, 0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1]

    package init() {}

    /// Says where the looked-up metrics come from; may be called again as parts of the process come up.
    package func setSources(_ change: (inout MetricsSources) -> Void) {
        self.lookups.withLock { change(&$0) }
    }

    /// The sources of the looked-up metrics.
    var sources: MetricsSources { self.lookups.withLock { $0 } }

    // MARK: - CallMetering

    package func frameWritten(_ direction: FrameDirection, relay: Duration) {
        switch direction {
        case .toModel:
            self.framesToModel.add()
            self.relayToModel.record(relay)
        case .toCarrier:
            self.framesToCarrier.add()
            self.relayToCarrier.record(relay)
        }
    }

    package func framesDropped(_ direction: FrameDirection, reason: FrameDropReason, count: Int) {
        switch direction {
        case .toModel: self.droppedToModel[reason].add(max(0, count))
        case .toCarrier: self.droppedToCarrier[reason].add(max(0, count))
        }
    }

    package func framesReplayed(count: Int) { self.replayedFrames.add(max(0, count)) }

    package func malformedMessage(_ peer: MeteredPeer) { self.malformed[peer].add() }

    package func turnLatency(_ latency: Duration) { self.turnLatencies.record(latency) }

    package func bargeIn(_ latency: Duration) { self.bargeIns.record(latency) }

    package func reasoning(_ latency: Duration, fellBack: Bool) {
        self.reasonings.record(latency)
        if fellBack { self.reasoningFallbacks.add() }
    }

    package func restarted(_ part: MeteredPart) { self.restarts[part].add() }

    package func reaped(_ reason: ReapReason) { self.reaps[reason].add() }

    package func error(_ kind: CallErrorKind) { self.errors[kind].add() }

    package func streamRejected(_ reason: RejectReason) { self.rejections[reason].add() }

    package func activeCalls(_ count: Int) { self.activeCallCount.set(count) }

    package func connections(_ peer: MeteredPeer, delta: Int) { self.openConnections[peer].add(delta) }

    package func callEnded(duration: Duration) { self.callDuration.record(duration) }

    package func outcome(_ outcome: CallRecord.Outcome) { self.outcomes[outcome].add() }

    package func cost(usd: Double) {
        // A counter never falls; what is no amount of money is our own mistake and must not spoil the total.
        guard usd.isFinite, usd > 0, usd < 1e6 else { return }
        self.costNanodollars.add(Int((usd * 1e9).rounded()))
    }
}
