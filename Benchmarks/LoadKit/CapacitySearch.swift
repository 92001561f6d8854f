/// Finds the most calls that are carried: doubles until a run fails, halves the gap, and has the best confirmed.
///
/// It decides only; somebody else measures what ``next`` names and tells ``record(calls:isCarried:)`` what came of it.
package struct CapacitySearch: Sendable {
    /// What to do next.
    package enum Step: Sendable, Equatable {
        case measure(calls: Int)
        /// So many calls are carried, found twice; 0 where not even the least were.
        case done(calls: Int)
    }

    /// The gap between the best and the least that failed that is small enough, as a part of the best.
    private static let precision = 0.04
    /// The least that is tried.
    private static let least = 10

    private let start: Int
    private let limit: Int
    /// How often each number of calls was carried, until it failed.
    private var carried: [Int: Int] = [:]
    /// The least number that was not carried.
    private var failed: Int?

    /// - Parameters:
    ///   - start: Calls of the first run.
    ///   - limit: The most that is tried.
    package init(start: Int, limit: Int) {
        self.limit = max(Self.least, limit)
        self.start = min(max(Self.least, start), self.limit)
    }

    /// What to do next; the same until something is recorded.
    package var next: Step {
        let best = self.best
        guard let failed = self.failed else {
            guard best > 0 else { return .measure(calls: self.start) }
            if best < self.limit { return .measure(calls: min(best * 2, self.limit)) }
            return self.isConfirmed(best) ? .done(calls: best) : .measure(calls: best)
        }
        guard best > 0 else {
            return failed > Self.least ? .measure(calls: max(Self.least, failed / 2)) : .done(calls: 0)
        }
        if Double(failed - best) > max(Double(Self.least), Double(best) * Self.precision) {
            return .measure(calls: self.rounded((best + failed) / 2, above: best, below: failed))
        }
        return self.isConfirmed(best) ? .done(calls: best) : .measure(calls: best)
    }

    /// Takes the result of a run.
    package mutating func record(calls: Int, isCarried: Bool) {
        if isCarried {
            self.carried[calls, default: 0] += 1
        } else {
            // What failed once is not carried, and neither is more than that.
            self.failed = min(calls, self.failed ?? calls)
            self.carried = self.carried.filter { $0.key < calls }
        }
    }

    private var best: Int { self.carried.keys.max() ?? 0 }

    private func isConfirmed(_ calls: Int) -> Bool { self.carried[calls, default: 0] >= 2 }

    /// Numbers that end with 0 where there is one in between.
    private func rounded(_ calls: Int, above best: Int, below failed: Int) -> Int {
        let round = (calls + 5) / 10 * 10
        return round > best && round < failed ? round : calls
    }
}
