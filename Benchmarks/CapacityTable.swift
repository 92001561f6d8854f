import Foundation
import LoadKit

/// The result of `ramp`, with bars.
enum CapacityTable {
    static func lines(_ reports: [CapacityReport], p99Limit: Double) -> [String] {
        let most = Double(reports.map(\.calls).max() ?? 0)
        var lines = ["Most calls, nothing lost, p99 under \(String(format: "%g", p99Limit)) ms, in two runs:"]
        for report in reports {
            let floor = reports.first {
                $0.target == .floor && $0.mode == report.mode && $0.tls == report.tls && $0.cores == report.cores
            }
            var ratios = ""
            if report.target == .router, let floor, floor.calls > 0 {
                ratios = String(format: "  %.2f of the floor's", Double(report.calls) / Double(floor.calls))
                if let own = report.run, let other = floor.run {
                    ratios += String(
                        format: ", %.2f × its CPU a message",
                        own.cpuMicrosecondsPerMessage / other.cpuMicrosecondsPerMessage
                    )
                }
            }
            let name = "\(report.target.rawValue) \(report.mode.rawValue) \(report.tls ? "wss" : "ws") "
            let cores = "\(report.cores) core\(report.cores == 1 ? "" : "s")"
            let padded = (name + cores) + String(repeating: " ", count: max(1, 28 - name.count - cores.count))
            let cpu = report.run.map {
                String(format: "%6.2f µs/msg %4.0f %% CPU", $0.cpuMicrosecondsPerMessage, $0.cpuPercent)
            }
            let bar = TextBar.bar(Double(report.calls), full: most, width: 40)
            lines.append(padded + String(format: "%5d  ", report.calls) + (cpu ?? "") + "  " + bar + ratios)
        }
        return lines
    }
}
