import Foundation
import LoadKit

/// Prints reports as a table, a row as soon as it is there, or as one JSON array at the end.
struct ReportOutput {
    private let json: Bool
    private var reports: [LoadReport] = []

    init(json: Bool) { self.json = json }

    /// Every run was clean.
    var isClean: Bool { self.reports.allSatisfy(\.isClean) }

    mutating func add(_ report: LoadReport) {
        if !self.json {
            if self.reports.isEmpty { self.printHead(of: report) }
            self.printRow(report)
        }
        self.reports.append(report)
    }

    func finish(closing: String? = nil) {
        guard self.json else {
            if let closing { print(closing) }
            return
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        guard let data = try? encoder.encode(self.reports) else { return }
        print(String(decoding: data, as: UTF8.self))
    }

    private func printHead(of report: LoadReport) {
        print(Machine.description)
        let latency = ["echo": "round trip", "talk": "first audio", "silence": "uplink"][report.mode.rawValue] ?? ""
        Self.printColumns([
            "target", "mode", "calls", "lost up/down", "dup", "reord", latency + " ms p50/p90/p99/p99.9/max",
            "CPU µs/msg", "ratio", "ms/call-s", "CPU %", "MB idle", "KB/call", "ctx/msg", "late p99", "gen CPU %", "steal %",
        ])
    }

    private func printRow(_ report: LoadReport) {
        let floor = self.reports.last { $0.target == .floor && $0.mode == report.mode && $0.calls == report.calls }
        let ratio = floor.map { report.cpuMicrosecondsPerMessage / $0.cpuMicrosecondsPerMessage }
        Self.printColumns([
            report.target.rawValue,
            report.mode.rawValue,
            "\(report.calls)",
            "\(report.uplink.lost)/\(report.downlink.lost)",
            "\(report.uplink.duplicated + report.downlink.duplicated)",
            "\(report.uplink.reordered + report.downlink.reordered)",
            Self.text(report.decidingLatency),
            String(format: "%.2f", report.cpuMicrosecondsPerMessage),
            ratio.map { String(format: "%.2f", $0) } ?? "–",
            String(format: "%.2f", report.cpuMillisecondsPerCallSecond),
            String(format: "%.0f", report.cpuPercent),
            String(format: "%.1f", Double(report.residentBytesBefore) / 1_048_576),
            String(format: "%.1f", Double(report.residentBytesPerCall) / 1_024),
            String(format: "%.2f", report.voluntarySwitchesPerMessage),
            report.generatorLateness.map { String(format: "%.2f", $0.p99) } ?? "–",
            String(format: "%.0f", report.generatorCPUPercent),
            String(format: "%.1f", report.stealPercent),
        ])
        print(
            "        one way ms p50/p90/p99/p99.9/max: up", Self.text(report.uplinkLatency), " down",
            Self.text(report.downlinkLatency)
        )
        if report.mode == .talk {
            print(
                "        barge-in ms \(Self.text(report.bargeIn)), truncations \(report.truncations),",
                "frames after clear \(report.framesAfterClear)"
            )
        }
        for (reason, count) in report.brokenConnections.sorted(by: { $0.key < $1.key }) {
            print("        \(count) × \(reason)")
        }
        if report.unexpectedMessages + report.unstampedFrames > 0 {
            print(
                "        \(report.unexpectedMessages) unexpected messages,",
                "\(report.unstampedFrames) frames of padding or unknown audio"
            )
        }
        fflush(nil)
    }

    private static func text(_ latency: LatencySummary?) -> String {
        guard let latency else { return "–" }
        return String(
            format: "%.2f/%.2f/%.2f/%.2f/%.1f",
            latency.p50,
            latency.p90,
            latency.p99,
            latency.p999,
            latency.max
        )
    }

    private static func printColumns(_ columns: [String]) {
        let widths = [8, 8, 6, 13, 4, 6, 40, 11, 6, 10, 6, 8, 8, 8, 9, 10, 8]
        let padded = zip(columns, widths).map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }
        print(padded.joined())
    }
}
