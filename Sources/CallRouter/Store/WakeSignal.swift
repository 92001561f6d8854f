import Synchronization

/// Wakes one waiting task; a signal that comes before the wait is kept, several count as one.
package final class WakeSignal: Sendable {
    private enum State {
        case idle, signalled
        case waiting(CheckedContinuation<Void, Never>)
    }

    private let state = Mutex(State.idle)

    package init() {}

    /// Wakes the waiting task, or the next one to wait.
    ///
    /// Never blocks.
    package func signal() {
        let waiter: CheckedContinuation<Void, Never>? = self.state.withLock { state in
            switch state {
            case .idle, .signalled:
                state = .signalled
                return nil
            case .waiting(let continuation):
                state = .idle
                return continuation
            }
        }
        waiter?.resume()
    }

    /// Returns at the next signal, or at once where one is kept or the task is cancelled.
    ///
    /// Only one task may wait.
    package func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isDue = self.state.withLock { state in
                    switch state {
                    case .signalled:
                        state = .idle
                        return true
                    case .idle where Task.isCancelled:
                        return true
                    case .idle:
                        state = .waiting(continuation)
                        return false
                    case .waiting:
                        preconditionFailure("a wake signal has one waiter")
                    }
                }
                if isDue { continuation.resume() }
            }
        } onCancel: {
            self.signal()
        }
    }
}
