import Synchronization

/// What happened so far, and somebody who waits until enough of it has.
final class EventLog<Event: Sendable>: Sendable {
    private struct Waiter {
        var number: Int
        var isSatisfied: @Sendable ([Event]) -> Bool
        var continuation: CheckedContinuation<Void, Never>
    }

    private struct State {
        var events: [Event] = []
        var waiters: [Waiter] = []
        var count = 0
    }

    private let state = Mutex(State())

    var events: [Event] { self.state.withLock { $0.events } }

    func append(_ event: Event) {
        let ready = self.state.withLock { state -> [Waiter] in
            state.events.append(event)
            let events = state.events
            let ready = state.waiters.filter { $0.isSatisfied(events) }
            state.waiters.removeAll { $0.isSatisfied(events) }
            return ready
        }
        for waiter in ready { waiter.continuation.resume() }
    }

    /// Returns once `isSatisfied` holds of everything that happened, or the test's time is up.
    func wait(until isSatisfied: @escaping @Sendable ([Event]) -> Bool) async {
        let number = self.state.withLock { state in
            state.count += 1
            return state.count
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isReady = self.state.withLock { state in
                    if Task.isCancelled || isSatisfied(state.events) { return true }
                    state.waiters.append(
                        Waiter(number: number, isSatisfied: isSatisfied, continuation: continuation)
                    )
                    return false
                }
                if isReady { continuation.resume() }
            }
        } onCancel: {
            self.state.withLock { state -> Waiter? in
                guard let index = state.waiters.firstIndex(where: { $0.number == number }) else { return nil }
                return state.waiters.remove(at: index)
            }?.continuation.resume()
        }
    }

    func wait(count: Int) async { await self.wait { $0.count >= count } }

    /// The first event that matches, now or later; nil where the test's time is up.
    func first(where matches: @escaping @Sendable (Event) -> Bool) async -> Event? {
        await self.wait { $0.contains(where: matches) }
        return self.events.first(where: matches)
    }
}
