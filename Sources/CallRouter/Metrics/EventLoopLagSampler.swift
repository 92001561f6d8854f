import NIOCore
import Synchronization

/// Measures how late event loops run their timers: the first sign of a loop that has too much to do.
///
/// A timer on each loop comes back every 100 ms; what it is late by is the lag that a socket event on that loop sees
/// too. The worst of the last 5 to 10 s is exported, and a loop that is stuck at this moment counts with the time for
/// which it has been stuck.
package final class EventLoopLagSampler: Sendable {
    /// How often each loop is sampled.
    private static let interval = TimeAmount.milliseconds(100)
    /// After this many samples the current window becomes the previous one: 5 s.
    private static let windowLength = 50

    /// The samples of one loop: written on the loop, read anywhere.
    ///
    /// All values are nanoseconds.
    private final class Samples: Sendable {
        let worst = Atomic<Int64>(0)
        let worstBefore = Atomic<Int64>(0)
        let count = Atomic<Int>(0)
        /// When the timer is to run next, on the clock of `NIODeadline`.
        let expected: Atomic<Int64>

        init(expected: Int64) { self.expected = Atomic(expected) }

        func record(at now: Int64, interval: Int64) {
            let lag = max(0, now - self.expected.load(ordering: .relaxed))
            if self.count.load(ordering: .relaxed) >= EventLoopLagSampler.windowLength {
                self.worstBefore.store(self.worst.load(ordering: .relaxed), ordering: .relaxed)
                self.worst.store(lag, ordering: .relaxed)
                self.count.store(1, ordering: .relaxed)
            } else {
                self.worst.max(lag, ordering: .relaxed)
                self.count.wrappingAdd(1, ordering: .relaxed)
            }
            self.expected.store(now + interval, ordering: .relaxed)
        }
    }

    private struct Loop: Sendable {
        var samples: Samples
        var timer: RepeatedTask
    }

    private let loops = Mutex<[Loop]>([])

    package init() {}

    /// Begins to sample every loop of `group`.
    package func start(on group: any EventLoopGroup) {
        let loops = group.makeIterator().map { Self.sample($0) }
        self.loops.withLock { $0.append(contentsOf: loops) }
    }

    /// Stops all timers; the loops may be shut down afterwards.
    package func stop() {
        let loops = self.loops.withLock { loops in
            defer { loops = [] }
            return loops
        }
        for loop in loops { loop.timer.cancel() }
    }

    /// The worst lag of any loop: of the last 5 to 10 s, or of a timer that is overdue now.
    package var worstLag: Duration {
        let now = Self.nanoseconds(.now())
        let worst = self.loops.withLock { loops in
            loops.map { loop in
                let samples = loop.samples
                let overdue = now - samples.expected.load(ordering: .relaxed)
                return max(
                    overdue,
                    samples.worst.load(ordering: .relaxed),
                    samples.worstBefore.load(ordering: .relaxed)
                )
            }.max()
        }
        return .nanoseconds(max(0, worst ?? 0))
    }

    private static func sample(_ eventLoop: any EventLoop) -> Loop {
        let interval = Self.interval
        let samples = Samples(expected: Self.nanoseconds(.now() + interval))
        let timer = eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
            samples.record(at: Self.nanoseconds(.now()), interval: interval.nanoseconds)
        }
        return Loop(samples: samples, timer: timer)
    }

    private static func nanoseconds(_ deadline: NIODeadline) -> Int64 { Int64(clamping: deadline.uptimeNanoseconds) }
}
