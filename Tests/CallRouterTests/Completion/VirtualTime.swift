import Foundation
import Synchronization

/// A clock that a test moves, or that jumps to the end of every sleep by itself; its wall clock runs with it.
final class VirtualTime: Clock, Sendable {
    struct Instant: InstantProtocol {
        var offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: self.offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - self.offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID = 0
        var sleepers: [Int: (deadline: Instant, continuation: CheckedContinuation<Void, any Error>)] = [:]
        var cancelled: Set<Int> = []
    }

    private let jumps: Bool
    private let state = Mutex(State())

    /// - Parameter jumps: A sleep ends at once, and the time is then what it would have been.
    init(jumps: Bool) { self.jumps = jumps }

    var now: Instant { self.state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }

    /// The wall clock.
    var date: Date { Samples.start.addingTimeInterval(self.now.offset / .seconds(1)) }

    func advance(by duration: Duration) {
        let woken = self.state.withLock { state in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.map(\.continuation)
        }
        for continuation in woken { continuation.resume() }
    }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        if self.jumps {
            self.state.withLock { $0.now = max($0.now, deadline) }
            return
        }
        let id = self.state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let isOver: Bool? = self.state.withLock { state in
                    if state.cancelled.remove(id) != nil { return true }
                    if deadline <= state.now { return false }
                    state.sleepers[id] = (deadline, continuation)
                    return nil
                }
                switch isOver {
                case true: continuation.resume(throwing: CancellationError())
                case false: continuation.resume()
                default: break
                }
            }
        } onCancel: {
            let continuation = self.state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper?.continuation
            }
            continuation?.resume(throwing: CancellationError())
        }
    }
}
