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
        let delay = ContinuousClock.now.duration(to: instant)
        let (seconds, attoseconds) = delay.components
        let nanoseconds = seconds * 1_000_000_000 + attoseconds / 1_000_000_000
        return self.eventLoop.scheduleTask(in: .nanoseconds(max(0, nanoseconds)), body)
    }
}

/// Forwards the nonisolated work of a call's tasks to the serial executor of its event loop.
final class LoopTaskExecutor: TaskExecutor {
    private let serial: any SerialExecutor

    init(_ serial: any SerialExecutor) { self.serial = serial }

    func enqueue(_ job: consuming ExecutorJob) { self.serial.enqueue(job) }
}
