import LoadKit
import Testing

@Suite("Churn report")
struct ChurnReportTests {
    private func report(_ samples: [(calls: Int, bytes: Int)], total: Int = 100_000) -> ChurnReport {
        var report = ChurnReport(total: total, rate: 100, callSeconds: 1, backgroundCalls: 0)
        report.samples = samples.map { calls, bytes in
            ChurnReport.Sample(
                calls: calls,
                seconds: 0,
                residentBytes: bytes,
                proportionalBytes: bytes,
                privateBytes: bytes,
                descriptors: 20,
                threads: 4
            )
        }
        return report
    }

    @Test("Memory at the end is held against that after the first 10,000 calls")
    func memoryAtTheEndIsHeldAgainstTheWarmUp() {
        let report = self.report([(0, 50), (5_000, 80), (10_000, 100), (50_000, 120), (100_000, 105)])
        #expect(report.growthPercent == 5)
        #expect(report.isFlat)
        #expect(!self.report([(10_000, 100), (100_000, 106)]).isFlat)
    }

    @Test("A short churn is held against its first tenth")
    func aShortChurnIsHeldAgainstItsFirstTenth() {
        #expect(self.report([(0, 10), (100, 100), (1_000, 110)], total: 1_000).growthPercent == 10)
        #expect(self.report([(0, 10)], total: 1_000).growthPercent == nil)
    }

    @Test("A call that failed or lost something is not clean")
    func aCallThatFailedIsNotClean() {
        var report = self.report([])
        #expect(report.isClean)
        report.failed = 1
        #expect(!report.isClean)
        report.failed = 0
        report.uplink.lost = 1
        #expect(!report.isClean)
    }
}
