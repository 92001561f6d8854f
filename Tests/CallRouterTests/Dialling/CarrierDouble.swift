import CallActors
import Foundation
import Synchronization

@testable import CallRouter

/// A carrier in memory that a test tells what to say.
final class CarrierDouble: CarrierControl {
    /// What becomes of one create.
    enum Turn: Sendable {
        /// The call is placed and the answer arrives.
        case take
        case fail(CarrierError)
        /// The call is placed, and no answer comes.
        case takeSilently
        /// The call is placed; the answer comes when the test lets it.
        case takeLate
    }

    struct State {
        var turns: [Turn] = []
        var orders: [OutboundCall] = []
        var calls: [CarrierCallState] = []
        /// Who was called, by SID.
        var numbers: [String: String] = [:]
        var lists = true
        var isDown = false
        var hangUps: [String] = []
        var fetches: [String] = []
        var searches = 0
        /// When each create came.
        var times: [Date] = []
        var held: [CheckedContinuation<Void, Never>] = []
    }

    let state = Mutex(State())
    let sendsDigitsOnStream = true
    private let now: @Sendable () -> Date
    private let arrivals = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(10_000))

    init(now: @escaping @Sendable () -> Date) { self.now = now }

    var orders: [OutboundCall] { self.state.withLock { $0.orders } }
    var hangUps: [String] { self.state.withLock { $0.hangUps } }

    func set(_ change: (inout State) -> Void) { self.state.withLock { change(&$0) } }

    /// The carrier's own names for what it has placed, in order.
    var sids: [String] { self.state.withLock { $0.calls.map(\.callSID) } }

    /// Waits for the next create that was not waited for yet, and says whose it was.
    func nextOrder() async -> String? { await self.arrivals.stream.first { _ in true } }

    /// Lets the answers that are held go.
    func release() {
        let held = self.state.withLock { state in
            defer { state.held = [] }
            return state.held
        }
        for continuation in held { continuation.resume() }
    }

    func move(_ callSID: String, to status: CarrierCallStatus, seconds: Int? = nil) {
        self.state.withLock { state in
            for index in state.calls.indices where state.calls[index].callSID == callSID {
                state.calls[index].status = status
                state.calls[index].durationSeconds = seconds
            }
        }
    }

    private func check() throws(CarrierError) {
        if self.state.withLock({ $0.isDown }) { throw .unavailable("down") }
    }

    func create(_ call: OutboundCall) async throws(CarrierError) -> String {
        let (turn, sid) = self.state.withLock { state in
            state.orders.append(call)
            state.times.append(self.now())
            let turn = state.turns.isEmpty ? Turn.take : state.turns.removeFirst()
            let sid = "CA\(state.orders.count)"
            if case .fail = turn { return (turn, sid) }
            state.calls.append(CarrierCallState(callSID: sid, status: .queued, createdAt: self.now()))
            state.numbers[sid] = call.to
            return (turn, sid)
        }
        self.arrivals.continuation.yield(call.callID)
        switch turn {
        case .take: return sid
        case .fail(let error): throw error
        case .takeSilently: throw .unanswered("it took too long")
        case .takeLate:
            await withCheckedContinuation { continuation in self.state.withLock { $0.held.append(continuation) } }
            return sid
        }
    }

    func redirect(callSID: String, to url: String) async throws(CarrierError) {}

    func hangUp(callSID: String) async throws(CarrierError) { self.state.withLock { $0.hangUps.append(callSID) } }

    func fetch(callSID: String) async throws(CarrierError) -> CarrierCallState {
        try self.check()
        let state = self.state.withLock { state in
            state.fetches.append(callSID)
            return state.calls.first { $0.callSID == callSID }
        }
        guard let state else { throw .rejected(status: 404, code: "20404") }
        return state
    }

    func calls(to number: String, since date: Date) async throws(CarrierError) -> [CarrierCallState]? {
        try self.check()
        return self.state.withLock { state in
            state.searches += 1
            guard state.lists else { return nil }
            return state.calls.filter { state.numbers[$0.callSID] == number && ($0.createdAt ?? date) >= date }
                .reversed()
        }
    }
}
