import LoadKit
import Testing

@Suite("Latency summary")
struct LatencySummaryTests {
    @Test("Nothing counted is no summary")
    func nothingCountedIsNoSummary() {
        #expect(LatencySummary(counts: [UInt64](repeating: 0, count: 100)) { UInt64($0) } == nil)
    }

    @Test("Percentiles are those of the counts, in milliseconds")
    func percentilesAreThoseOfTheCountsInMilliseconds() throws {
        // 1 to 1,000 units of 100 ns, once each.
        let summary = try #require(LatencySummary(counts: [0] + [UInt64](repeating: 1, count: 1_000)) { UInt64($0) })
        #expect(summary.count == 1_000)
        #expect(summary.p50 == 0.05)
        #expect(summary.p90 == 0.09)
        #expect(summary.p99 == 0.099)
        #expect(summary.p999 == 0.0999)
        #expect(summary.max == 0.1)
    }
}
