import DequeModule
import NIOCore

/// Runs on one event loop what is isolated to it, and the tasks that prefer it.
///
/// It is both kinds of executor at once. A task that waits for something is resumed by its task executor, and then
/// enters its actor: where the two are one, the runtime knows that it is there already; otherwise it would be queued once
/// more, whenever it wakes. Jobs that become ready while the loop handles its sockets wait in a queue of the loop's own,
/// without a lock, and run together when the loop turns to its tasks.
final class LoopExecutor: SerialExecutor, TaskExecutor {
    private final class Queue {
        var jobs = Deque<UnownedJob>()
        /// The loop has been asked to run them.
        var isDue = false
    }

    private let eventLoop: any EventLoop
    private let queue: NIOLoopBoundBox<Queue>

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.queue = .makeBoxSendingValue(Queue(), eventLoop: eventLoop)
    }

    func runs(on eventLoop: any EventLoop) -> Bool { self.eventLoop === eventLoop }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard self.eventLoop.inEventLoop else { return self.eventLoop.execute { self.run(job) } }
        let queue = self.queue.value
        queue.jobs.append(job)
        guard !queue.isDue else { return }
        queue.isDue = true
        self.eventLoop.execute { self.runQueue() }
    }

    /// Runs what is ready now; what becomes ready by it comes after whatever else the loop has to do.
    private func runQueue() {
        let queue = self.queue.value
        queue.isDue = false
        for _ in 0..<queue.jobs.count {
            guard let job = queue.jobs.popFirst() else { return }
            self.run(job)
        }
    }

    private func run(_ job: UnownedJob) {
        job.runSynchronously(
            isolatedTo: self.asUnownedSerialExecutor(),
            taskExecutor: self.asUnownedTaskExecutor()
        )
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(complexEquality: self) }

    func isSameExclusiveExecutionContext(other: LoopExecutor) -> Bool { self.runs(on: other.eventLoop) }

    func checkIsolated() { self.eventLoop.preconditionInEventLoop() }

    func isIsolatingCurrentContext() -> Bool? { self.eventLoop.inEventLoop }
}
