import NIOCore

/// The event loop on which everything of one call runs: its sockets, its actor, its tasks and its timers.
///
/// Holds the loop's serial executor strongly, since an actor refers to its executor without owning it.
package struct CallLoop: Sendable {
    package let eventLoop: any EventLoop
    /// Isolates the call's actor to the loop.
    package let serialExecutor: any SerialExecutor
    /// Keeps the call's nonisolated tasks on the loop.
    package let taskExecutor: any TaskExecutor

    package init(_ eventLoop: any EventLoop) {
        let executor = eventLoop.executor
        self.eventLoop = eventLoop
        self.serialExecutor = executor
        self.taskExecutor = LoopTaskExecutor(executor)
    }

    /// Runs `body` on the loop at `instant`, unless it is cancelled before.
    package func schedule(at instant: ContinuousClock.Instant, _ body: @escaping @Sendable () -> Void) -> Scheduled<
        Void
    > {
        self.eventLoop.scheduleTask(in: Self.delay(until: instant), body)
    }

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

/// Forwards the nonisolated work of a call's tasks to the serial executor of its event loop.
final class LoopTaskExecutor: TaskExecutor {
    private let serial: any SerialExecutor

    init(_ serial: any SerialExecutor) { self.serial = serial }

    func enqueue(_ job: consuming ExecutorJob) { self.serial.enqueue(job) }
}
