import CallActors
import Foundation
import Logging

/// Takes orders for calls: checks them, stores them, and wakes the dialler.
package struct CallDesk: CallIntake {
    /// Who is written as the one that ordered a call.
    package struct Initiator: Sendable {
        /// The system of record takes no call without one.
        package var isRequired: Bool
        /// Finds one for an order that names none: that of its consumer, its lead's owner, or the configured one.
        ///
        /// Throws where only a system that does not answer could tell.
        package var resolve: @Sendable (NewCall) async throws(StoreError) -> String?

        package init(isRequired: Bool, resolve: @escaping @Sendable (NewCall) async throws(StoreError) -> String?) {
            self.isRequired = isRequired
            self.resolve = resolve
        }

        /// The embedded store needs none.
        package static let notNeeded = Initiator(isRequired: false) { _ in nil }
    }

    /// Orders for later than this are taken whatever goes on now.
    private static let later: TimeInterval = 60

    private let dialler: Dialler
    private let store: any DialStore
    private let switchboard: any CallSwitchboard
    private let numbers: any NumberChecking
    private let rules: CallOrderRules
    private let initiator: Initiator
    /// The own number, in E.164.
    private let ownNumber: String?
    private let isDraining: @Sendable () -> Bool
    private let logger: Logger
    private let now: @Sendable () -> Date
    private var takesWhileDraining = false

    /// - Parameters:
    ///   - dialler: Woken by each order; says whether calls can be placed at all.
    ///   - store: Keeps the orders.
    ///   - switchboard: Knows whether there is room for another call.
    ///   - numbers: Decides whom to call.
    ///   - rules: What an order must look like.
    ///   - initiator: Who is written as the one that ordered it.
    ///   - ownNumber: The account's number, in E.164.
    ///   - isDraining: The process takes no new calls.
    ///   - logger: Told of failures, never of content.
    ///   - now: The wall clock.
    package init(
        dialler: Dialler,
        store: any DialStore,
        switchboard: any CallSwitchboard,
        numbers: any NumberChecking,
        rules: CallOrderRules = CallOrderRules(),
        initiator: Initiator = .notNeeded,
        ownNumber: String?,
        isDraining: @escaping @Sendable () -> Bool = { false },
        logger: Logger,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.dialler = dialler
        self.store = store
        self.switchboard = switchboard
        self.numbers = numbers
        self.rules = rules
        self.initiator = initiator
        self.ownNumber = ownNumber
        self.isDraining = isDraining
        self.logger = logger
        self.now = now
    }

    /// The same desk for live calls: what is agreed in one is stored for the next instance while this one drains.
    package var forLiveCalls: CallDesk {
        var desk = self
        desk.takesWhileDraining = true
        return desk
    }

    /// New orders are refused for now, whatever they say.
    var refusal: CallIntakeError? {
        if !self.takesWhileDraining, self.isDraining() || self.switchboard.isDraining { return .draining }
        return self.dialler.canPlaceCalls ? nil : .carrierNotConfigured
    }

    /// There is room for another call.
    var hasCapacity: Bool { self.switchboard.hasCapacity }

    /// Ends a call on record that is not to be dialled.
    func refuse(callID: String, _ reason: EndReason, _ errorMessage: String?) async {
        await self.switchboard.carrierEnded(callID: callID, reason: reason, errorMessage: errorMessage)
    }

    package func create(_ call: NewCall, idempotency: IdempotencyKey?) async throws(CallIntakeError) -> CallRecord {
        let now = self.now()
        if let idempotency, let stored = try await self.repeated(idempotency, at: now) { return stored }
        let verdict = self.numbers.check(call.to)
        var faults = self.rules.faults(of: call, at: now)
        if verdict == .malformed { faults["to"] = "must be a telephone number in E.164, such as +15551234567" }
        var initiatorID = call.initiatorID
        if initiatorID == nil {
            do throws(StoreError) { initiatorID = try await self.initiator.resolve(call) } catch {
                throw self.unavailable(error)
            }
        }
        if initiatorID == nil, self.initiator.isRequired {
            faults["initiator_id"] = "is required: neither the consumer nor the lead names one"
        }
        guard faults.isEmpty else { throw .invalid(faults) }
        // Without an account no number is allowed either, but that is not what must be mended.
        if self.refusal == .carrierNotConfigured { throw .carrierNotConfigured }
        let number: String
        switch verdict {
        case .allowed(let given): number = given
        case .notAllowed(let reason): throw .notAllowed(reason)
        case .malformed: throw .invalid(["to": "must be a telephone number in E.164"])
        }
        let isOptedOut: Bool
        do throws(StoreError) { isOptedOut = try await self.store.isOptedOut(number) } catch {
            throw self.unavailable(error)
        }
        guard !isOptedOut else { throw .optedOut }
        if let refusal = self.refusal { throw refusal }
        let dialAt = max(call.scheduledTime ?? now, now)
        guard dialAt.timeIntervalSince(now) > Self.later || self.hasCapacity else { throw .atCapacity }

        let record = self.record(of: call, to: number, initiatorID: initiatorID, dialAt: dialAt, now: now)
        return try await self.keep(record, idempotency)
    }

    /// The stored call of an order that was taken before; nil for a new one.
    ///
    /// Whoever asks again is told what became of the order, whatever would be said to it today.
    private func repeated(
        _ idempotency: IdempotencyKey,
        at now: Date
    ) async throws(CallIntakeError) -> CallRecord? {
        do throws(StoreError) {
            switch try await self.store.known(idempotency, at: now) {
            case .replayed(let callID): return try await self.store.call(id: callID)
            case .mismatch: break
            case .inserted, .exists, nil: return nil
            }
        } catch {
            throw self.unavailable(error)
        }
        throw .idempotencyMismatch
    }

    private func keep(_ record: CallRecord, _ idempotency: IdempotencyKey?) async throws(CallIntakeError) -> CallRecord
    {
        let result: InsertResult
        do throws(StoreError) { result = try await self.store.insert(record, idempotency: idempotency) } catch {
            throw self.unavailable(error)
        }
        let callID: String
        switch result {
        case .inserted:
            self.dialler.wake()
            return record
        case .mismatch: throw .idempotencyMismatch
        case .replayed(let first): callID = first
        case .exists: callID = record.callID
        }
        self.dialler.wake()
        do throws(StoreError) { return try await self.store.call(id: callID) ?? record } catch {
            throw self.unavailable(error)
        }
    }

    private func record(
        of call: NewCall,
        to number: String,
        initiatorID: String?,
        dialAt: Date,
        now: Date
    ) -> CallRecord {
        var record = CallRecord(
            callID: call.callID ?? UUID().uuidString.lowercased(),
            direction: .outbound,
            status: .queued,
            createdAt: now
        )
        record.from = self.ownNumber
        record.to = number
        record.callType = call.callType
        record.objective = call.objective
        record.systemPrompt = call.systemPrompt
        record.voice = call.voice
        record.leadID = call.leadID
        record.businessID = call.businessID
        record.consumerID = call.consumerID
        record.initiatorID = initiatorID
        record.scheduledTime = call.scheduledTime
        record.dialAt = dialAt
        record.context = call.context
        return record
    }

    private func unavailable(_ error: StoreError) -> CallIntakeError {
        self.logger.error("\(error)", error: error)
        return .storeUnavailable
    }
}
