import CAllocations

/// One operation that runs for each frame of audio, or could.
struct MicroOperation {
    let name: String
    /// The most allocations that it may make; `Benchmarks micro --check` holds it to them.
    ///
    /// What a frame costs is bought with care: raise a number only with a reason, and lower it with every one saved.
    let allowed: Double
    /// Runs once; gives a number above 0 that depends on the result, or else the operation did not do its work.
    let body: () -> Int

    init(_ name: String, allowed: Double, body: @escaping () -> Int) {
        self.name = name
        self.allowed = allowed
        self.body = body
    }

    /// Makes sure that allocations are seen, Swift's own too: a counter that sees nothing would find everything in order.
    static func checkCounting() throws(MicroError) {
        let before = callocations_now()
        callocations_count(true)
        let bytes = [UInt8](repeating: UInt8.random(in: 0...1), count: 100_000)
        callocations_count(false)
        let after = callocations_now()
        let isUsed = bytes.allSatisfy { $0 < 2 }
        guard isUsed, after.count > before.count, after.bytes - before.bytes >= 100_000 else { throw .notCounting }
    }

    /// All operations that need no process of their own.
    static var all: [MicroOperation] { Self.carrier + Self.model + Self.sound + Self.webSocket + Self.call }

    private static let countedRuns = 1_000
    /// A batch this long is seldom disturbed, and the clock costs it little.
    private static let batchNanoseconds = 200_000

    /// Times batches of runs for as long as is given, and then counts the allocations of 1,000 runs.
    ///
    /// - Parameter nanoseconds: How long to repeat it.
    /// - Returns: What it costs.
    /// - Throws: ``MicroError`` where it does not do its work.
    func measure(nanoseconds: UInt64) throws(MicroError) -> MicroResult {
        guard self.body() > 0 else { throw .didNothing(operation: self.name) }
        var sum = 0
        let estimate = self.time(runs: 10, &sum)
        let runs = max(10, min(1_000, Int(Double(Self.batchNanoseconds) / max(1, estimate))))
        var batches: [Double] = []
        let end = MonotonicTime.now + nanoseconds
        repeat { batches.append(self.time(runs: runs, &sum)) } while MonotonicTime.now < end
        let before = callocations_now()
        callocations_count(true)
        for _ in 0..<Self.countedRuns { sum &+= self.body() }
        callocations_count(false)
        let after = callocations_now()
        // Keeps the compiler from leaving the work out.
        if sum == Int.min { print(sum) }
        batches.sort()
        return MicroResult(
            name: self.name,
            medianNanoseconds: batches[batches.count / 2],
            bestNanoseconds: batches[0],
            allocations: Double(after.count - before.count) / Double(Self.countedRuns),
            bytes: Double(after.bytes - before.bytes) / Double(Self.countedRuns),
            allowed: self.allowed
        )
    }
    /// The nanoseconds of one run, on average over some.
    private func time(runs: Int, _ sum: inout Int) -> Double {
        let start = MonotonicTime.now
        for _ in 0..<runs { sum &+= self.body() }
        return Double(MonotonicTime.now - start) / Double(runs)
    }
}
