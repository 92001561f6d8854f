/// How fast jobs are started: evenly in this process, and no more than so many in a window that all workers share.
package struct QueuePace: Sendable, Equatable {
    /// Between two jobs of this process.
    package let interval: Duration
    /// Jobs that all workers together may start in one ``window``.
    package let maximum: Int
    /// Milliseconds, from the first job in it on.
    package let window: Int
    private var next: ContinuousClock.Instant?

    /// The shared window lasts a minute, as that of workers which start ten jobs a minute does: windows of different
    /// lengths on one queue would take each other's counts for their own.
    ///
    /// - Parameter perSecond: Jobs per second, above zero.
    package init(perSecond: Double) {
        let perSecond = max(perSecond, 0.000_01)
        self.interval = .seconds(1 / perSecond)
        let window = max(60_000, 1_000 / perSecond)
        self.window = Int(window.rounded(.up))
        self.maximum = max(1, Int((perSecond * window / 1_000).rounded(.down)))
    }

    /// How long the next job must wait.
    package func wait(at now: ContinuousClock.Instant) -> Duration {
        max(.zero, self.next.map { now.duration(to: $0) } ?? .zero)
    }

    /// A job was started.
    package mutating func started(at now: ContinuousClock.Instant) { self.next = now.advanced(by: self.interval) }
}
