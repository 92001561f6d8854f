import CallActors
import Foundation
import Logging
import Synchronization
import Wire

/// The parts that place calls and act on live ones at the carrier, put together in the order in which they need each
/// other: what calls use comes before the registry that runs them, what places calls after it.
struct OutboundAssembly: Sendable {
    let context: RouterContext
    let store: any DialStore
    let numbers: NumberPolicy
    /// nil without an account.
    let client: CarrierRESTClient?
    let control: RESTCarrier?
    /// Bound once the desk is there.
    private let desk = LateBound<CallDesk>()
    private let logger: Logger

    init(_ context: RouterContext, store: any DialStore) {
        self.context = context
        self.store = store
        let configuration = context.configuration
        self.numbers = NumberPolicy(
            allowedCountries: configuration.dialling.allowedCountries,
            ownNumber: configuration.carrier?.number,
            hours: configuration.dialling.hours
        )
        var logger = context.logger
        logger[metadataKey: "part"] = "carrier"
        self.logger = logger
        self.client = configuration.carrier?.makeClient(on: context.eventLoopGroup, logger: logger)
        self.control = self.client.flatMap { client in configuration.carrier?.control(over: client) }
    }

    // MARK: - What calls use

    /// The carrier's hand on live calls; nil without an account, or without an address under which documents are found.
    var actions: CarrierActions? {
        guard let control = self.control, let publicURL = self.context.configuration.publicURL else { return nil }
        return CarrierActions(control: control) { callID, document in
            let name = callID.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? ""
            switch document {
            case .transfer: return publicURL.web("/laml/call/\(name)/transfer")
            case .digits(let digits):
                let keys = digits.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? ""
                return publicURL.web("/laml/call/\(name)/resume?digits=\(keys)")
            }
        }
    }

    private static let plain = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )

    /// The numbers of `TRANSFER_NUMBERS` that may be called at all.
    var transferNumbers: [String] {
        self.context.configuration.dialling.transferNumbers.compactMap { number in
            guard case .allowed(let allowed) = self.numbers.check(number) else { return nil }
            return allowed
        }
    }

    /// What the voice model may do in this call.
    func tools(for record: CallRecord, at now: Date = Date()) -> CallTools {
        var tools = CallTools()
        guard self.actions != nil else { return tools }
        tools.transferNumbers = self.transferNumbers
        // Menus answer those who call, not those who are called.
        tools.sendsKeypad = record.direction == .outbound
        guard let number = record.farParty, case .allowed = self.numbers.check(number) else { return tools }
        tools.schedulesCallbacks = true
        let zone = self.numbers.timeZone(of: number) ?? .gmt
        var style = Date.ISO8601FormatStyle(timeZone: zone)
        style = style.year().month().day().dateTimeSeparator(.space).time(includingFractionalSeconds: false)
            .timeZone(separator: .colon)
        tools.localTime = "\(now.formatted(style)) (\(zone.identifier))"
        return tools
    }

    /// Writes down that a number must not be called; false where the store does not take it now.
    func optOut(_ number: String) async -> Bool {
        var number = number
        if case .allowed(let normal) = self.numbers.check(number) { number = normal }
        do throws(StoreError) {
            try await self.store.optOut(OptOut(number: number, at: Date(), source: .call))
            return true
        } catch {
            self.logger.error("\(error)", error: error)
            return false
        }
    }

    /// Orders a callback to the far party of a call.
    func scheduleCallback(_ call: CallRecord, at date: Date, note: String) async -> CallbackAnswer {
        guard let desk = self.desk.value, let number = call.farParty else {
            return .refused("there is no number to call back")
        }
        guard date.timeIntervalSinceNow < 90 * 86_400 else {
            return .refused("a callback can be at most 90 days ahead")
        }
        let opening = self.numbers.nextOpening(for: number, from: date)
        guard opening.timeIntervalSince(date) < 60 else {
            return .refused("calls are not placed at that hour; agree on a time within the calling hours")
        }
        var order = NewCall(to: number, callType: "consumer_callback", objective: note)
        if note.allSatisfy(\.isWhitespace) { order.objective = call.objective ?? "the callback that was agreed" }
        order.leadID = call.leadID
        order.businessID = call.businessID
        order.consumerID = call.consumerID
        order.initiatorID = call.initiatorID
        order.systemPrompt = call.systemPrompt
        order.voice = call.voice
        order.context = call.context
        order.scheduledTime = date
        do throws(CallIntakeError) {
            let stored = try await desk.create(order, idempotency: nil)
            return .scheduled(stored.dialAt ?? date)
        } catch {
            self.logger.warning("A callback could not be ordered", metadata: ["call_id": "\(call.callID)"])
            return .refused("the callback could not be ordered; say that a person will get in touch")
        }
    }

    // MARK: - What places calls

    /// Everything behind the routes and the dialler.
    struct Parts: Sendable {
        var dialler: Dialler
        var desk: CallDesk
        var jobs: DiallerJobs
        var services: OutboundServices
    }

    func parts(
        registry: CallRegistry,
        metering: any CallMetering,
        hub: CallEventHub,
        initiator: CallDesk.Initiator,
        isDraining: @escaping @Sendable () -> Bool
    ) -> Parts {
        let configuration = self.context.configuration
        var line: DialLine?
        if let control = self.control, let publicURL = configuration.publicURL, let account = configuration.carrier {
            line = DialLine(
                carrier: control,
                number: account.number,
                publicURL: publicURL,
                fallbackURL: configuration.webhooks.fallbackURL
            )
        }
        let dialler = Dialler(
            store: self.store,
            switchboard: registry,
            numbers: self.numbers,
            line: line,
            settings: DialSettings(configuration.dialling),
            metering: metering,
            isDraining: isDraining,
            logger: self.logger
        )
        let desk = CallDesk(
            dialler: dialler,
            store: self.store,
            switchboard: registry,
            numbers: self.numbers,
            rules: CallOrderRules(identifiersAreUUIDs: configuration.supabase != nil),
            initiator: initiator,
            ownNumber: configuration.carrier?.number,
            isDraining: isDraining,
            logger: self.logger
        )
        self.desk.bind(desk.forLiveCalls)
        return Parts(
            dialler: dialler,
            desk: desk,
            jobs: DiallerJobs(desk: desk, store: self.store, numbers: self.numbers),
            services: OutboundServices(
                intake: desk,
                store: self.store,
                numbers: self.numbers,
                events: CarrierDesk(dialler: dialler, store: self.store, metering: metering, logger: self.logger),
                carrier: self.actions?.control,
                hub: hub
            )
        )
    }
}
