import NIOCore
import NIOPosix

/// The event loop on which everything of one call runs: its sockets, its actor, its tasks and its timers.
///
/// Holds the loop's executor strongly, since an actor refers to its executor without owning it.
package struct CallLoop: Sendable {
    package let eventLoop: any EventLoop
    private let executor: LoopExecutor
    /// The executor of the loop on whose thread this runs, so that all calls of a loop share one queue.
    private static let shared = ThreadSpecificVariable<LoopExecutor>()

    package init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.executor = Self.executor(of: eventLoop)
    }

    private static func executor(of eventLoop: any EventLoop) -> LoopExecutor {
        guard eventLoop.inEventLoop else { return LoopExecutor(eventLoop) }
        if let executor = Self.shared.currentValue, executor.runs(on: eventLoop) { return executor }
        let executor = LoopExecutor(eventLoop)
        Self.shared.currentValue = executor
        return executor
    }

    /// Keeps the call's nonisolated tasks on the loop.
    package var taskExecutor: any TaskExecutor { self.executor }
    /// Isolates the call's actor to the loop.
    package var unownedExecutor: UnownedSerialExecutor { self.executor.asUnownedSerialExecutor() }

    /// Calls `handler` on the loop at `instant`, unless it is cancelled before; makes no object for it.
    ///
    /// - Returns: nil where the loop is shut down: nothing is due there any more.
    package func schedule(
        at instant: ContinuousClock.Instant,
        _ handler: some NIOScheduledCallbackHandler & Sendable
    ) -> NIOScheduledCallback? {
        // Fails on a loop that is shut down, and for no other reason.
        try? self.eventLoop.scheduleCallback(in: Self.delay(until: instant), handler: handler)
    }

    private static func delay(until instant: ContinuousClock.Instant) -> TimeAmount {
        .nanoseconds(Int64(max(0, ContinuousClock.now.duration(to: instant).wholeNanoseconds)))
    }
}
