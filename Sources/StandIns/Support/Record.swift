import Synchronization

/// What a stand-in has seen and done, for others to read and to wait for.
///
/// A value behind a lock: whoever changes it wakes the waiters whose condition has come true. Conditions run under the
/// lock and must be quick.
package final class Record<State: Sendable>: Sendable {
    private struct Inner {
        var state: State
        var nextID = 0
        /// Each returns whether its condition has come true; it has then resumed its waiter.
        var waiters: [Int: @Sendable (State) -> Bool] = [:]
    }

    private let inner: Mutex<Inner>

    package init(_ state: State) {
        self.inner = Mutex(Inner(state: state))
    }

    /// A copy of what is known now.
    package var current: State { self.inner.withLock { $0.state } }

    /// Reads one thing without copying the rest.
    package func read<Value: Sendable>(_ body: (State) -> Value) -> Value {
        self.inner.withLock { body($0.state) }
    }

    /// Changes the state and wakes whoever waited for that.
    @discardableResult
    package func update<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
        self.inner.withLock { inner in
            let value = body(&inner.state)
            for (id, check) in inner.waiters where check(inner.state) { inner.waiters[id] = nil }
            return value
        }
    }

    /// Waits until `find` returns something, and returns that.
    ///
    /// Throws ``StandInTimeout`` after `timeout`, which says `what` was waited for, and `CancellationError` when the task
    /// is cancelled.
    package func wait<Value: Sendable>(
        for what: String,
        within timeout: Duration = .seconds(10),
        _ find: @escaping @Sendable (State) -> Value?
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await self.wait(find) }
            group.addTask {
                try await Task.sleep(for: timeout)
                throw StandInTimeout(what: what, after: timeout)
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }

    private func wait<Value: Sendable>(_ find: @escaping @Sendable (State) -> Value?) async throws -> Value {
        let id = self.inner.withLock { inner in
            inner.nextID += 1
            return inner.nextID
        }
        let continuation = OneShotContinuation<Value>()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { unsettled in
                continuation.store(unsettled)
                self.inner.withLock { inner in
                    if let value = find(inner.state) {
                        continuation.resume(with: .success(value))
                    } else {
                        inner.waiters[id] = { state in
                            guard let value = find(state) else { return false }
                            continuation.resume(with: .success(value))
                            return true
                        }
                    }
                }
                // A task that was cancelled before the waiter was in place removes it here.
                if Task.isCancelled { self.withdraw(id, continuation) }
            }
        } onCancel: {
            self.withdraw(id, continuation)
        }
    }

    private func withdraw<Value>(_ id: Int, _ continuation: OneShotContinuation<Value>) {
        self.inner.withLock { $0.waiters[id] = nil }
        continuation.resume(with: .failure(CancellationError()))
    }
}
