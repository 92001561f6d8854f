import Synchronization
import Wire

/// A histogram of durations that any thread records into without a lock.
///
/// At most 15 bounds; one bucket more takes what is above the last. The sum is kept in whole nanoseconds: an `Int` holds
/// 292 years of them.
final class DurationHistogram: Sendable {
    /// Upper bounds in seconds, rising; a bound belongs to its bucket.
    let bounds: [Double]
    private let limits: [Int]
    private let counts: InlineArray<16, Atomic<Int>>
    private let total = Atomic<Int>(0)

    init(bounds: [Double]) {
        precondition(bounds.count < 16 && bounds == bounds.sorted(), "at most 15 rising bounds")
        self.bounds = bounds
        self.limits = bounds.map { Int(($0 * 1e9).rounded()) }
        self.counts = InlineArray { _ in Atomic(0) }
    }

    /// Records one duration; a negative one counts as zero.
    func record(_ duration: Duration) {
        let nanoseconds = min(max(0, duration.wholeNanoseconds), 1 << 62)
        var index = 0
        while index < self.limits.count, nanoseconds > self.limits[index] { index += 1 }
        self.counts[index].wrappingAdd(1, ordering: .relaxed)
        self.total.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    /// How many were at or below each bound, then how many there were in all: never falling.
    var cumulativeCounts: [Int] {
        var sum = 0
        return (0...self.bounds.count).map { index in
            sum += self.counts[index].load(ordering: .relaxed)
            return sum
        }
    }

    /// The sum of everything recorded, in seconds.
    var sum: Double { Double(self.total.load(ordering: .relaxed)) / 1e9 }
}
