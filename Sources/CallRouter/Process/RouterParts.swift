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
    /// What the carrier's voice says where an inbound call is not taken.
    package var refusal: String
    /// What it says where no voice model can be had any more.
    package var apology: String
    /// What places calls.
    package var outbound: OutboundServices?
    /// Work that runs beside the calls and ends when its task is cancelled.
    package var companions: [@Sendable () async -> Void]
    /// Called once when all calls are stored: gives owed work a last try, within the limit.
    package var settle: @Sendable (_ limit: Duration) async -> Void
    /// Called last: closes what must be closed in order.
    package var close: @Sendable () async -> Void
    /// Called after an inbound call was put on record and before its document is served.
    package var inboundCallExpected: @Sendable (CallRecord) async -> Void
    /// The system of record knows somebody with this number.
    package var isKnownCaller: @Sendable (String) async -> Bool
    /// What it knows of them; nil for a stranger.
    package var inboundContext: @Sendable (String) async -> KnownCaller?
    /// Called once, before the router listens: does what the first call would do for the first time.
    package var rehearse: @Sendable () async -> Void

    package init(
        switchboard: any CallSwitchboard,
        store: any CallStore,
        media: any MediaStreamAccepting,
        tokens: any StreamTokenIssuing,
        webhooks: (any WebhookVerifying)?,
        metering: any CallMetering,
        renderMetrics: @escaping @Sendable () async -> String,
        refusal: String,
        apology: String,
        outbound: OutboundServices? = nil,
        companions: [@Sendable () async -> Void] = [],
        settle: @escaping @Sendable (Duration) async -> Void = { _ in },
        close: @escaping @Sendable () async -> Void = {},
        inboundCallExpected: @escaping @Sendable (CallRecord) async -> Void = { _ in },
        isKnownCaller: @escaping @Sendable (String) async -> Bool = { _ in false },
        inboundContext: @escaping @Sendable (String) async -> KnownCaller? = { _ in nil },
        rehearse: @escaping @Sendable () async -> Void = {}
    ) {
        self.switchboard = switchboard
        self.store = store
        self.media = media
        self.tokens = tokens
        self.webhooks = webhooks
        self.metering = metering
        self.renderMetrics = renderMetrics
        self.refusal = refusal
        self.apology = apology
        self.outbound = outbound
        self.companions = companions
        self.settle = settle
        self.close = close
        self.inboundCallExpected = inboundCallExpected
        self.isKnownCaller = isKnownCaller
        self.inboundContext = inboundContext
        self.rehearse = rehearse
    }
}
