import CallActors
import Foundation
import Synchronization

@testable import CallRouter

extension FakeStore: DialStore {
    func insert(_ record: CallRecord, idempotency: IdempotencyKey?) async throws(StoreError) -> InsertResult {
        try await self.insert(record)
        return .inserted
    }

    func known(_ idempotency: IdempotencyKey, at date: Date) async throws(StoreError) -> InsertResult? { nil }
    func claim(callID: String, at date: Date) async throws(StoreError) -> CallRecord? { nil }
    func requeue(callID: String, attempt: Int, dialAt: Date) async throws(StoreError) -> CallRecord? { nil }
    func queuedCalls(dueBy date: Date, limit: Int) async throws(StoreError) -> [CallRecord] { [] }
    func nextDue() async throws(StoreError) -> Date? { nil }

    func queuedCalls(to number: String) async throws(StoreError) -> [CallRecord] {
        try self.access { state in state.calls.values.filter { $0.status == .queued && $0.to == number } }
    }

    func postpone(callID: String, to dialAt: Date) async throws(StoreError) {}

    func optOut(_ optOut: OptOut) async throws(StoreError) {
        try self.access { state in
            state.optOuts.removeAll { $0.number == optOut.number }
            state.optOuts.append(optOut)
        }
    }

    func removeOptOut(number: String) async throws(StoreError) -> Bool {
        try self.access { state in
            let count = state.optOuts.count
            state.optOuts.removeAll { $0.number == number }
            return state.optOuts.count < count
        }
    }

    func optOuts() async throws(StoreError) -> [OptOut] { try self.access { $0.optOuts } }

    func isOptedOut(_ number: String) async throws(StoreError) -> Bool {
        try self.access { state in state.optOuts.contains { $0.number == number } }
    }

    func statistics(since date: Date) async throws(StoreError) -> CallStatistics {
        try self.access { state in
            state.statisticsSince = date
            return state.statistics
        }
    }
}

/// Takes orders, or refuses them as a test says.
final class FakeIntake: CallIntake {
    struct State {
        var refusal: CallIntakeError?
        /// How the stored call of a repeated order stands.
        var status = CallRecord.Status.queued
        var orders: [(call: NewCall, key: IdempotencyKey?)] = []
    }

    let state = Mutex(State())

    var orders: [(call: NewCall, key: IdempotencyKey?)] { self.state.withLock { $0.orders } }
    func refuse(_ error: CallIntakeError?) { self.state.withLock { $0.refusal = error } }

    func create(_ call: NewCall, idempotency: IdempotencyKey?) async throws(CallIntakeError) -> CallRecord {
        let (refusal, status) = self.state.withLock { state in
            state.orders.append((call, idempotency))
            return (state.refusal, state.status)
        }
        if let refusal { throw refusal }
        return CallRecord(
            callID: call.callID ?? "new",
            direction: .outbound,
            status: status,
            createdAt: Date(timeIntervalSince1970: 0)
        )
    }
}

/// North American numbers, those of 1-900 refused; brackets and spaces do not matter.
struct FakeNumbers: NumberChecking {
    func check(_ number: String) -> NumberVerdict {
        let plain = number.filter { !" ()-".contains($0) }
        guard plain.wholeMatch(of: /\+[1-9][0-9]{7,14}/) != nil else { return .malformed }
        if plain.hasPrefix("+1900") { return .notAllowed("it is premium-rate") }
        return plain.hasPrefix("+1") ? .allowed(plain) : .notAllowed("its country is not in ALLOWED_COUNTRIES")
    }

    func nextOpening(for number: String, from date: Date) -> Date { date }
    func timeZone(of number: String) -> TimeZone? { nil }
}

/// A carrier account that notes what is asked of it.
final class FakeCarrier: CarrierControl {
    let hangUps = Mutex<[String]>([])
    let isBroken = Mutex(false)

    var sendsDigitsOnStream: Bool { true }
    func create(_ call: OutboundCall) async throws(CarrierError) -> String { "CA-created" }
    func redirect(callSID: String, to url: String) async throws(CarrierError) {}

    func hangUp(callSID: String) async throws(CarrierError) {
        self.hangUps.withLock { $0.append(callSID) }
        if self.isBroken.withLock({ $0 }) { throw .unavailable("down") }
    }

    func fetch(callSID: String) async throws(CarrierError) -> CarrierCallState {
        CarrierCallState(callSID: callSID, status: .ringing)
    }

    func calls(to number: String, since date: Date) async throws(CarrierError) -> [CarrierCallState]? { nil }
}

/// Notes the carrier's reports.
final class FakeCarrierEvents: CarrierEvents {
    struct State {
        var statuses: [CarrierStatusUpdate] = []
        var answers: [AnsweringReport] = []
        var streams: [StreamReport] = []
    }

    let state = Mutex(State())

    var statuses: [CarrierStatusUpdate] { self.state.withLock { $0.statuses } }
    var answers: [AnsweringReport] { self.state.withLock { $0.answers } }
    var streams: [StreamReport] { self.state.withLock { $0.streams } }

    func status(_ update: CarrierStatusUpdate) async { self.state.withLock { $0.statuses.append(update) } }
    func answered(_ report: AnsweringReport) async { self.state.withLock { $0.answers.append(report) } }
    func stream(_ report: StreamReport) async { self.state.withLock { $0.streams.append(report) } }
}
