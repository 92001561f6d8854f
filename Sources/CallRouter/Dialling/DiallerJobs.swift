import CallActors
import Foundation

/// The way in for calls that are ordered by jobs of a queue.
///
/// A job is done as soon as its call is stored: from then on the dialler owns it, with its retries. A job that comes
/// twice is one call, by the identifier of its call.
package struct DiallerJobs: Sendable {
    /// How long a job waits that met a router without room.
    private static let wait: TimeInterval = 5

    private let desk: CallDesk
    private let store: any DialStore
    private let numbers: any NumberChecking
    private let now: @Sendable () -> Date

    package init(
        desk: CallDesk,
        store: any DialStore,
        numbers: any NumberChecking,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        self.desk = desk
        self.store = store
        self.numbers = numbers
        self.now = now
    }

    /// A job would be taken now: there is room, an account, and no drain.
    package var canTake: Bool { self.desk.refusal == nil && self.desk.hasCapacity }

    /// Takes one job's order.
    package func take(_ order: NewCall) async -> JobOutcome {
        let now = self.now()
        var known: CallRecord?
        do throws(StoreError) {
            if let callID = order.callID { known = try await self.store.call(id: callID) }
            if let known, let outcome = Self.outcome(of: known) { return outcome }
        } catch {
            return .fault("\(error)")
        }
        var order = order
        // A job that is late is not too late.
        if let time = order.scheduledTime, time <= now { order.scheduledTime = nil }
        if order.scheduledTime == nil, case .allowed(let number) = self.numbers.check(order.to) {
            let opening = self.numbers.nextOpening(for: number, from: now)
            if opening > now { return .delay(until: opening) }
        }
        do throws(CallIntakeError) {
            let call = try await self.desk.create(order, idempotency: nil)
            return Self.outcome(of: call) ?? .stored
        } catch {
            // A call that was on record before its job ends there as well.
            if let known {
                switch error {
                case .optedOut: await self.desk.refuse(callID: known.callID, .optedOut, nil)
                case .notAllowed(let reason): await self.desk.refuse(callID: known.callID, .carrierFailed, reason)
                case .invalid, .idempotencyMismatch, .draining, .atCapacity, .carrierNotConfigured, .storeUnavailable:
                    break
                }
            }
            return self.outcome(of: error, at: now)
        }
    }

    /// What a call on record means for its job; nil where it waits for its first attempt.
    private static func outcome(of call: CallRecord) -> JobOutcome? {
        switch call.status {
        case .initiating, .ringing, .inProgress, .completed, .failed: .accepted(callSID: call.callSID)
        // Without a time it is only known here by the system of record, and nobody dials it yet.
        case .queued: call.dialAt != nil && (call.attempt > 1 || call.dialledAt != nil) ? .stored : nil
        }
    }

    private func outcome(of error: CallIntakeError, at now: Date) -> JobOutcome {
        switch error {
        case .invalid(let fields):
            let list = fields.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: "; ")
            return .refused("The job's data cannot be used: \(list).")
        case .notAllowed(let reason): return .refused(reason)
        case .optedOut: return .refused("The number asked not to be called.")
        case .idempotencyMismatch: return .refused("Another call was ordered under the same key.")
        case .draining, .atCapacity: return .delay(until: now.addingTimeInterval(Self.wait))
        case .carrierNotConfigured:
            return .fault("Calls cannot be placed. Set the carrier's account and PUBLIC_URL.")
        case .storeUnavailable: return .fault("The call could not be stored. It is tried again.")
        }
    }
}
