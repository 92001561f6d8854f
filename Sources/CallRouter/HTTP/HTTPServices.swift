import CallActors
import Foundation
import NIOCore

/// Everything that the routes need from the rest of the process.
package struct HTTPServices: Sendable {
    package var configuration: RouterConfiguration
    package var switchboard: any CallSwitchboard
    package var store: any CallStore
    package var media: any MediaStreamAccepting
    package var tokens: any StreamTokenIssuing
    /// nil: signatures are not checked.
    package var webhooks: (any WebhookVerifying)?
    package var metering: any CallMetering
    /// What the carrier's voice says where an inbound call is not taken.
    package var refusal: String
    /// What it says where no voice model can be had any more.
    package var apology: String
    /// What places calls; nil where a test does without.
    package var outbound: OutboundServices?
    /// The process refuses new work, whatever the switchboard knows of it yet.
    package var isDraining: @Sendable () -> Bool
    /// Called after an inbound call was put on record and before its document is served.
    package var inboundCallExpected: @Sendable (CallRecord) async -> Void
    /// The caller is somebody whom the system of record knows.
    package var isKnownCaller: @Sendable (_ number: String) async -> Bool
    /// What the system of record knows of the caller; nil for a stranger.
    ///
    /// The carrier waits for it, five seconds at most: where the answer takes longer than two, give nil.
    package var inboundContext: @Sendable (_ number: String) async -> KnownCaller?
    /// The date of records and tokens.
    package var now: @Sendable () -> Date
    /// When the process started, for the uptime.
    package var startedAt: ContinuousClock.Instant

    package init(
        configuration: RouterConfiguration,
        switchboard: any CallSwitchboard,
        store: any CallStore,
        media: any MediaStreamAccepting,
        tokens: any StreamTokenIssuing,
        webhooks: (any WebhookVerifying)?,
        metering: any CallMetering,
        refusal: String,
        apology: String,
        outbound: OutboundServices? = nil,
        isDraining: @escaping @Sendable () -> Bool = { false },
        inboundCallExpected: @escaping @Sendable (CallRecord) async -> Void = { _ in },
        isKnownCaller: @escaping @Sendable (String) async -> Bool = { _ in false },
        inboundContext: @escaping @Sendable (String) async -> KnownCaller? = { _ in nil },
        now: @escaping @Sendable () -> Date = { Date() },
        startedAt: ContinuousClock.Instant = .now
    ) {
        self.configuration = configuration
        self.switchboard = switchboard
        self.store = store
        self.media = media
        self.tokens = tokens
        self.webhooks = webhooks
        self.metering = metering
        self.refusal = refusal
        self.apology = apology
        self.outbound = outbound
        self.isDraining = isDraining
        self.inboundCallExpected = inboundCallExpected
        self.isKnownCaller = isKnownCaller
        self.inboundContext = inboundContext
        self.now = now
        self.startedAt = startedAt
    }

    /// New calls are refused.
    var refusesNewCalls: Bool { self.isDraining() || self.switchboard.isDraining }
}

/// The parts that place calls and listen to what the carrier says of them.
package struct OutboundServices: Sendable {
    package var intake: any CallIntake
    package var store: any DialStore
    package var numbers: any NumberChecking
    package var events: any CarrierEvents
    /// nil: calls can be answered, not placed, transferred or hung up at the carrier.
    package var carrier: (any CarrierControl)?
    /// The events of `GET /v1/events`.
    package var hub: CallEventHub

    package init(
        intake: any CallIntake,
        store: any DialStore,
        numbers: any NumberChecking,
        events: any CarrierEvents,
        carrier: (any CarrierControl)?,
        hub: CallEventHub
    ) {
        self.intake = intake
        self.store = store
        self.numbers = numbers
        self.events = events
        self.carrier = carrier
        self.hub = hub
    }
}

/// Issues the tokens that let a stream carry one call.
package protocol StreamTokenIssuing: Sendable {
    func issue(callID: String, now: Date) -> String
}

/// Checks that a form or a fetch comes from the carrier.
package protocol WebhookVerifying: Sendable {
    /// Says whether the carrier signed this.
    ///
    /// - Parameters:
    ///   - signature: The value of the signature header.
    ///   - url: The public URL that was asked for, with its query.
    ///   - form: The pairs of a form body in order; empty for GET.
    ///   - settings: `X-Twilio-Webhooks-Signature-Settings`, which names another algorithm; nil where it is not there.
    /// - Returns: Whether the signature is the carrier's.
    func isValid(signature: String, url: String, form: [(String, String)], settings: String?) -> Bool
    /// Says whether the carrier signed this JSON body.
    ///
    /// - Parameters:
    ///   - jsonSignature: The value of the signature header.
    ///   - url: The public URL that was asked for, with its query.
    ///   - body: The body, byte for byte.
    ///   - settings: As for a form.
    /// - Returns: Whether the signature is the carrier's.
    func isValid(jsonSignature: String, url: String, body: ByteBuffer, settings: String?) -> Bool
}
