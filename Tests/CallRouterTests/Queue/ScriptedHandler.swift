import CallActors
import StandIns

@testable import CallRouter

/// A handler of jobs that does what the test says, and remembers what it was given.
final class ScriptedHandler: CallJobHandler {
    struct State: Sendable {
        var canTake = true
        var orders: [NewCall] = []
        /// Orders that were begun and not ended.
        var running = 0
        var mostRunning = 0
    }

    let state = Record(State())
    private let body: @Sendable (NewCall) async -> CallJobResult

    init(_ body: @escaping @Sendable (NewCall) async -> CallJobResult = { _ in .stored }) { self.body = body }

    var canTake: Bool { self.state.read(\.canTake) }

    var callIDs: [String] { self.state.read { $0.orders.compactMap(\.callID) } }

    func take(_ order: NewCall) async -> CallJobResult {
        self.state.update {
            $0.orders.append(order)
            $0.running += 1
            $0.mostRunning = max($0.mostRunning, $0.running)
        }
        let result = await self.body(order)
        self.state.update { $0.running -= 1 }
        return result
    }

    /// Waits until so many orders were begun, and returns the IDs of their calls.
    @discardableResult
    func begun(_ count: Int) async throws -> [String] {
        try await self.state.wait(for: "\(count) orders", within: .seconds(60)) {
            $0.orders.count >= count ? $0.orders.compactMap(\.callID) : nil
        }
    }
}
