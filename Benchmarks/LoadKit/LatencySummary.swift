import Histogram

/// A latency as it is reported, in milliseconds.
package struct LatencySummary: Codable, Sendable, Equatable {
    package let count: Int
    package let p50: Double
    package let p90: Double
    package let p99: Double
    package let p999: Double
    package let max: Double

    /// Pours counted buckets into an HdrHistogram and reads its percentiles; nil where nothing was counted.
    ///
    /// - Parameters:
    ///   - counts: How often each bucket was hit.
    ///   - value: The smallest value of a bucket, in units of 100 ns.
    package init?(counts: some Collection<UInt64>, value: (Int) -> UInt64) {
        var histogram = Histogram<UInt64>(highestTrackableValue: 1 << 31, numberOfSignificantValueDigits: .three)
        for (bucket, count) in counts.enumerated() where count > 0 { histogram.record(value(bucket), count: count) }
        guard histogram.totalCount > 0 else { return nil }
        func milliseconds(_ value: UInt64) -> Double { Double(value) / 10_000 }
        self.count = Int(histogram.totalCount)
        self.p50 = milliseconds(histogram.valueAtPercentile(50))
        self.p90 = milliseconds(histogram.valueAtPercentile(90))
        self.p99 = milliseconds(histogram.valueAtPercentile(99))
        self.p999 = milliseconds(histogram.valueAtPercentile(99.9))
        self.max = milliseconds(histogram.max)
    }

    package init(count: Int, p50: Double, p90: Double, p99: Double, p999: Double, max: Double) {
        self.count = count
        self.p50 = p50
        self.p90 = p90
        self.p99 = p99
        self.p999 = p999
        self.max = max
    }
}
