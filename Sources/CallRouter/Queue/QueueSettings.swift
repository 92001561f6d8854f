/// How the worker works; the defaults are those of BullMQ.
package struct QueueSettings: Sendable {
    /// Before the queue's name in every key.
    package var prefix = "bull"
    /// Jobs in hand at a time.
    package var concurrency = 5
    /// How long a job stays ours without a sign of life.
    package var lockTime = Duration.seconds(30)
    /// Between two signs of life.
    package var renewInterval = Duration.seconds(15)
    /// Between two looks for jobs whose worker died.
    package var stalledInterval = Duration.seconds(30)
    /// How often a job may be taken from a dead worker and run again.
    package var maximumStalls = 1
    /// How long to wait for a job where none is scheduled.
    package var idleTime = Duration.seconds(5)
    /// The longest wait for a job that is scheduled.
    package var longestBlock = Duration.seconds(10)
    /// Between two looks whether jobs may be taken again.
    package var gateInterval = Duration.milliseconds(500)
    /// Written into the jobs that this worker takes; nil: nothing.
    package var workerName: String?

    package init() {}
}
