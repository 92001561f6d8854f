import Foundation
import LoadKit
import Testing

@Suite("Comparison")
struct ComparisonTests {
    private func results(cpu: Double, calls: Int = 100) -> SavedResults {
        var report = LoadReport(target: .router, mode: .echo, tls: false, calls: calls, cores: 1)
        report.cpuMicrosecondsPerMessage = cpu
        report.roundTrip = LatencySummary(count: 1, p50: 1, p90: 1, p99: 2, p999: 3, max: 4)
        var results = SavedResults(machine: "a machine", date: Date(timeIntervalSince1970: 1_000))
        results.loads = [report]
        return results
    }

    @Test("Rows of the same calls are compared figure by figure, in percent")
    func rowsOfTheSameCallsAreCompared() throws {
        let comparison = Comparison(earlier: self.results(cpu: 10), now: self.results(cpu: 12))
        let difference = try #require(comparison.differences.first { $0.figure == "CPU µs/message" })
        #expect(difference.percent == 20)
        #expect(comparison.differences.first { $0.figure == "p99 ms" }?.percent == 0)
        #expect(comparison.unmatched.isEmpty)
    }

    @Test("A row that was not measured before is named, not compared")
    func aRowThatWasNotMeasuredBeforeIsNamed() {
        let comparison = Comparison(earlier: self.results(cpu: 10), now: self.results(cpu: 12, calls: 200))
        #expect(comparison.differences.isEmpty)
        #expect(comparison.unmatched == ["router echo plain 1 cores 200 calls"])
    }

    @Test("Nothing before is no percentage")
    func nothingBeforeIsNoPercentage() {
        #expect(Comparison.Difference(row: "", figure: "", earlier: 0, now: 1).percent == nil)
    }

    @Test("Results are read as they were written")
    func resultsAreReadAsTheyWereWritten() throws {
        var results = self.results(cpu: 10)
        results.capacities = [
            CapacityReport(target: .floor, mode: .talk, tls: true, cores: 2, calls: 7, run: results.loads[0])
        ]
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("results-\(UUID().uuidString)").path
        try results.json.write(to: URL(fileURLWithPath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }  // A temporary file that stays harms nobody.
        #expect(try SavedResults(path: path) == results)
    }
}
