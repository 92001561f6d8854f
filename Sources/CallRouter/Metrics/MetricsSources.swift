/// Where the metrics that are not counted but looked up come from; each is called when the metrics are read.
package struct MetricsSources: Sendable {
    /// `callrouter_ready`: new calls are taken.
    package var isReady: @Sendable () -> Bool = { false }
    /// `callrouter_draining`.
    package var isDraining: @Sendable () -> Bool = { false }
    /// `callrouter_outbox_pending`: writes that are not on disk yet.
    package var outboxPending: @Sendable () -> Int = { 0 }
    /// `callrouter_outbox_oldest_seconds`: how long the oldest of them has waited.
    package var outboxOldestAge: @Sendable () -> Duration = { .zero }
    /// `callrouter_event_loop_lag_seconds`: the worst recent lag of any event loop.
    package var eventLoopLag: @Sendable () -> Duration = { .zero }

    package init() {}
}
