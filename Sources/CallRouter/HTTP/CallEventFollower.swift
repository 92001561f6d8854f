/// One who follows the events of all calls; stops following when it is let go.
package final class CallEventFollower: Sendable {
    /// What a follower waits for.
    package enum Signal: Sendable, Equatable {
        case event(CallEventHub.Event)
        /// It is time to show that the connection still stands.
        case heartbeat
    }

    /// Read by one task; ends with ``stop()``.
    package let signals: AsyncStream<Signal>
    private let continuation: AsyncStream<Signal>.Continuation

    init(signals: AsyncStream<Signal>, continuation: AsyncStream<Signal>.Continuation) {
        self.signals = signals
        self.continuation = continuation
    }

    deinit { self.continuation.finish() }

    /// Puts a heartbeat behind what is still unread.
    package func beat() { self.continuation.yield(.heartbeat) }

    /// Follows no more; what is still unread can be read.
    package func stop() { self.continuation.finish() }
}
