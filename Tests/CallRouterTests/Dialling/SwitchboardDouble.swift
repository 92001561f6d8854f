import CallActors
import Foundation
import Synchronization

@testable import CallRouter

/// Calls that end on record as those of the real switchboard do, and are live where a test says so.
final class SwitchboardDouble: CallSwitchboard {
    struct State {
        var live: Set<String> = []
        var transfers: [String: String] = [:]
        /// Calls that were sent to the carrier and hold a place.
        var dialled: Set<String> = []
        var places = 1_000
        var isDraining = false
        /// What the dialler asked for, as `verb callID`.
        var log: [String] = []
        /// Every end that was asked for, in order.
        var ends: [(callID: String, reason: EndReason)] = []
    }

    let state = Mutex(State())
    private let store: any CallStore
    private let now: @Sendable () -> Date

    init(store: any CallStore, now: @escaping @Sendable () -> Date) {
        self.store = store
        self.now = now
    }

    func set(_ change: (inout State) -> Void) { self.state.withLock { change(&$0) } }
    var log: [String] { self.state.withLock { $0.log } }
    var ends: [EndReason] { self.state.withLock { $0.ends.map(\.reason) } }
    var dialledCalls: Set<String> { self.state.withLock { $0.dialled } }

    var activeCallCount: Int { self.state.withLock { $0.live.count } }
    var isDraining: Bool { self.state.withLock { $0.isDraining } }
    var hasCapacity: Bool { self.state.withLock { $0.live.count + $0.dialled.count < $0.places } }

    func isLive(callID: String) async -> Bool { self.state.withLock { $0.live.contains(callID) } }
    func transferTarget(callID: String) async -> String? { self.state.withLock { $0.transfers[callID] } }

    func dialled(callID: String, patience: Duration) async {
        self.state.withLock { state in
            state.log.append("dialled \(callID)")
            state.dialled.insert(callID)
        }
    }

    func answered(callID: String) async { self.state.withLock { $0.log.append("answered \(callID)") } }

    func withdrawn(callID: String) async {
        self.state.withLock { state in
            state.log.append("withdrawn \(callID)")
            state.dialled.remove(callID)
        }
    }

    func detected(_ answeredBy: AnsweredBy, callID: String) async {
        self.state.withLock { $0.log.append("detected \(answeredBy.rawValue) \(callID)") }
    }

    func carrierEnded(callID: String, reason: EndReason, errorMessage: String?) async {
        self.state.withLock { state in
            state.live.remove(callID)
            state.dialled.remove(callID)
            state.ends.append((callID, reason))
        }
        // As the real one, it leaves a call as it is whose record it cannot read.
        guard let call = try? await self.store.call(id: callID), !call.status.isTerminal else { return }
        let decision = OutcomeRule.decide(
            OutcomeRule.Facts(endReason: reason, modelWasReady: call.startedAt != nil, somebodySpoke: false)
        )
        var change = CallChange()
        change.status = decision.status
        change.outcome = decision.outcome
        change.endReason = reason
        change.endedAt = self.now()
        change.errorMessage = errorMessage
        _ = try? await self.store.update(callID: callID, change)  // As above.
    }

    /// A stream has come for the call.
    func goLive(_ callID: String) async throws {
        self.state.withLock { state in
            state.dialled.remove(callID)
            state.live.insert(callID)
        }
        var change = CallChange()
        change.status = .inProgress
        change.startedAt = self.now()
        try await self.store.update(callID: callID, change)
    }

    func recover() async {}
    func run() async {}
    func hangUp(callID: String) async -> Bool { false }
    func say(callID: String, text: String) async -> Bool { false }
    func transfer(callID: String, to number: String) async -> Bool { false }
    func transferEnded(callID: String, answered: Bool) async {}
    func refuseCalls() async {}
    func waitUntilDrained(deadline: Duration?) async {}
    func undrain() async {}
    func endAllNow() async {}
    func shutdown() async {}
}
