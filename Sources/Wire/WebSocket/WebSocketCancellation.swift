import NIOCore
import Synchronization

/// Lets the cancellation of a task close the channels of its attempt to connect, also before their connection is there.
final class WebSocketCancellation: Sendable {
    private struct State {
        var channels: [any Channel] = []
        var isCancelled = false
    }

    private let state = Mutex(State())

    var isCancelled: Bool { self.state.withLock { $0.isCancelled } }

    /// Takes note of one more channel of the attempt; false where the attempt is cancelled already.
    func add(_ channel: any Channel) -> Bool {
        self.state.withLock { state in
            if state.isCancelled { return false }
            state.channels.append(channel)
            return true
        }
    }

    func cancel() {
        let channels = self.state.withLock { state in
            state.isCancelled = true
            defer { state.channels = [] }
            return state.channels
        }
        for channel in channels { channel.close(promise: nil) }
    }
}
