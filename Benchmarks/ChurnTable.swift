import Foundation
import LoadKit

/// What `churn` prints.
enum ChurnTable {
    static let head = "  calls ended   seconds   MB resident   MB Pss   MB private   descriptors   threads"

    static func row(_ sample: ChurnReport.Sample) -> String {
        let resident = Double(sample.residentBytes) / 1_048_576
        let columns = String(
            format: "%13d %9.1f %13.1f %8.1f %12.1f %13d %9d   ",
            sample.calls,
            sample.seconds,
            resident,
            Double(sample.proportionalBytes) / 1_048_576,
            Double(sample.privateBytes) / 1_048_576,
            sample.descriptors,
            sample.threads
        )
        // A character is 4 MB.
        return columns + TextBar.bar(resident, full: 160, width: 40)
    }

    static func closing(_ report: ChurnReport) -> [String] {
        var lines = [
            "\(report.total) calls of \(report.callSeconds) s, \(report.rate) a second: \(report.failed) failed, "
                + "\(report.uplink.lost) of \(report.uplink.sent) frames lost, \(report.uplink.duplicated) doubled, "
                + "\(report.uplink.reordered) out of order"
                + (report.late > 0 ? "; \(report.late) begun late" : ""),
            "start of a call to its first audio, ms p50/p90/p99/p99.9/max: \(LoadTable.text(report.setUp))",
        ]
        if report.backgroundCalls > 0 {
            lines.append(
                "\(report.backgroundCalls) calls meanwhile, relay ms p50/p90/p99/p99.9/max: "
                    + "up \(LoadTable.text(report.backgroundUplink)), down \(LoadTable.text(report.backgroundDownlink)); "
                    + "lost \(report.backgroundUp.lost)/\(report.backgroundDown.lost)"
            )
        }
        let late = report.generatorLateness.map { String(format: "%.2f", $0.p99) } ?? "–"
        lines.append(
            String(
                format: "CPU %.0f %%; generator p99 \(late) ms late; stolen %.1f %%",
                report.cpuPercent,
                report.stealPercent
            )
        )
        lines += report.brokenConnections.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
        if let growth = report.growthPercent, let reference = report.reference {
            lines.append(
                String(format: "Memory at the end %+.1f %% against that after \(reference.calls) calls: ", growth)
                    + (report.isFlat ? "flat (within 5 %)." : "it grows.")
            )
        }
        return lines
    }
}
