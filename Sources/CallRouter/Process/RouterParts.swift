import CallActors
import NIOCore

/// The parts that a router consists of besides its HTTP servers; built once, from its configuration.
package struct RouterParts: Sendable {
    package var switchboard: any CallSwitchboard
    package var store: any CallStore
    package var media: any MediaStreamAccepting
    package var tokens: any StreamTokenIssuing
    /// nil: signatures are not checked.
    package var webhooks: (any WebhookVerifying)?
    package var metering: any CallMetering
    /// The metrics in Prometheus' text format.
    package var renderMetrics: @Sendable () async -> String
    /// Gauges of the process that the metrics show; called about once a second.
    package var observeProcess: @Sendable (ProcessObservation) -> Void
    /// Work that runs beside the calls and ends when its task is cancelled.
    package var companions: [@Sendable () async -> Void]
    /// Called once when all calls are stored: gives owed work a last try, within the limit.
    package var settle: @Sendable (_ limit: Duration) async -> Void
    /// Called last: closes what must be closed in order.
    package var close: @Sendable () async -> Void
    package var inboundCallExpected: @Sendable (CallRecord) async -> Void
    package var isKnownCaller: @Sendable (String) async -> Bool

    package init(
        switchboard: any CallSwitchboard,
        store: any CallStore,
        media: any MediaStreamAccepting,
        tokens: any StreamTokenIssuing,
        webhooks: (any WebhookVerifying)?,
        metering: any CallMetering,
        renderMetrics: @escaping @Sendable () async -> String,
        observeProcess: @escaping @Sendable (ProcessObservation) -> Void = { _ in },
        companions: [@Sendable () async -> Void] = [],
        settle: @escaping @Sendable (Duration) async -> Void = { _ in },
        close: @escaping @Sendable () async -> Void = {},
        inboundCallExpected: @escaping @Sendable (CallRecord) async -> Void = { _ in },
        isKnownCaller: @escaping @Sendable (String) async -> Bool = { _ in false }
    ) {
        self.switchboard = switchboard
        self.store = store
        self.media = media
        self.tokens = tokens
        self.webhooks = webhooks
        self.metering = metering
        self.renderMetrics = renderMetrics
        self.observeProcess = observeProcess
        self.companions = companions
        self.settle = settle
        self.close = close
        self.inboundCallExpected = inboundCallExpected
        self.isKnownCaller = isKnownCaller
    }
}

/// What the process sees of itself.
package struct ProcessObservation: Sendable, Equatable {
    package var isReady: Bool
    package var isDraining: Bool
    /// How late the slowest event loop ran what was due.
    package var eventLoopLag: Duration

    package init(isReady: Bool, isDraining: Bool, eventLoopLag: Duration) {
        self.isReady = isReady
        self.isDraining = isDraining
        self.eventLoopLag = eventLoopLag
    }
}
