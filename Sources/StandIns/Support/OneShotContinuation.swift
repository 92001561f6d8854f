import Synchronization

/// A continuation that several parties may want to resume; the first one does.
final class OneShotContinuation<Value: Sendable>: Sendable {
    private enum State {
        case empty, settled
        case waiting(CheckedContinuation<Value, any Error>)
    }

    private let state = Mutex<State>(.empty)

    func store(_ continuation: CheckedContinuation<Value, any Error>) {
        let isSettled = self.state.withLock { state in
            if case .settled = state { return true }
            state = .waiting(continuation)
            return false
        }
        if isSettled { continuation.resume(throwing: CancellationError()) }
    }

    /// Resumes the continuation unless that has been done.
    ///
    /// Before there is one, only a failure is remembered.
    func resume(with result: Result<Value, any Error>) {
        let continuation: CheckedContinuation<Value, any Error>? = self.state.withLock { state in
            let waiting: CheckedContinuation<Value, any Error>? =
                if case .waiting(let continuation) = state { continuation } else { nil }
            state = .settled
            return waiting
        }
        continuation?.resume(with: result)
    }
}
