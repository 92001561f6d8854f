import Foundation
import LoadKit

/// The rows that `load` prints.
enum LoadTable {
    private static let widths = [8, 8, 7, 8, 13, 8, 40, 9, 7, 10, 7]

    /// Both did the same work.
    static func areAlike(_ left: LoadReport, _ right: LoadReport) -> Bool {
        left.mode == right.mode && left.calls == right.calls && left.cores == right.cores
    }

    static func head(of report: LoadReport) -> String {
        var head = ""
        if report.sharesCores { head = "Router and generator share the same cores: latencies hold both.\n" }
        return head
            + Self.line([
                "target", "mode", "calls", "wire", "lost up/down", "dup/reo",
                Self.latencyName(report.mode) + " ms p50/p90/p99/p99.9/max", "µs/msg", "× floor", "ms/call-s", "CPU %",
            ])
    }

    static func rows(_ report: LoadReport, floor: LoadReport?) -> [String] {
        let ratio = floor.map { report.cpuMicrosecondsPerMessage / $0.cpuMicrosecondsPerMessage }
        // The floor's bar is ten characters long where it is there, else a character is a microsecond.
        let bar = TextBar.bar(
            report.cpuMicrosecondsPerMessage,
            full: (floor?.cpuMicrosecondsPerMessage
                ?? (report.target == .floor ? report.cpuMicrosecondsPerMessage : 10))
                * 4,
            width: 40
        )
        var rows = [
            Self.line([
                report.target.rawValue, report.mode.rawValue, "\(report.calls)", report.tls ? "wss" : "ws",
                "\(report.uplink.lost)/\(report.downlink.lost)",
                "\(report.uplink.duplicated + report.downlink.duplicated)/"
                    + "\(report.uplink.reordered + report.downlink.reordered)",
                Self.text(report.decidingLatency), String(format: "%.2f", report.cpuMicrosecondsPerMessage),
                ratio.map { String(format: "%.2f", $0) } ?? "–",
                String(format: "%.2f", report.cpuMillisecondsPerCallSecond), String(format: "%.0f", report.cpuPercent),
            ]) + bar,
            "        one way up \(Self.text(report.uplinkLatency))  down \(Self.text(report.downlinkLatency))",
        ]
        if report.mode == .talk {
            rows.append(
                "        barge-in \(Self.text(report.bargeIn)), \(report.truncations) truncations, "
                    + "\(report.framesAfterClear) frames after clear"
            )
        }
        rows.append(Self.resources(report))
        rows.append(Self.conditions(report))
        rows += report.brokenConnections.sorted { $0.key < $1.key }.map { "        \($0.value) × \($0.key)" }
        if report.unsentFrames > 0 {
            rows.append("        \(report.unsentFrames) frames were due and not sent: the generator is too slow here")
        }
        if report.unexpectedMessages + report.unstampedFrames > 0 {
            rows.append(
                "        \(report.unexpectedMessages) unexpected messages, \(report.unstampedFrames) frames of padding "
                    + "or unknown audio"
            )
        }
        return rows
    }

    /// p50/p90/p99/p99.9/max.
    static func text(_ latency: LatencySummary?) -> String {
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

    private static func resources(_ report: LoadReport) -> String {
        String(
            format: "        %.1f MB before (%.1f private), %.1f KB a call (%.1f private), %d descriptors, %d threads, "
                + "switches a message %.3f voluntary %.3f not, ready in %.0f ms",
            Double(report.residentBytesBefore) / 1_048_576,
            Double(report.privateBytesBefore) / 1_048_576,
            Double(report.residentBytesPerCall) / 1_024,
            Double(report.privateBytesPerCall) / 1_024,
            report.descriptors,
            report.threads,
            report.voluntarySwitchesPerMessage,
            report.involuntarySwitchesPerMessage,
            report.readyMilliseconds
        )
    }

    private static func conditions(_ report: LoadReport) -> String {
        let late = report.generatorLateness.map { String(format: "%.2f", $0.p99) } ?? "–"
        return String(
            format: "        %d messages in %.1f s; generator %.0f %% of a core, p99 \(late) ms late; stolen %.1f %%",
            report.messages,
            report.seconds,
            report.generatorCPUPercent,
            report.stealPercent
        )
    }

    private static func latencyName(_ mode: LoadMode) -> String {
        switch mode {
        case .echo: "round trip"
        case .talk: "first audio"
        case .silence: "uplink"
        }
    }

    private static func line(_ columns: [String]) -> String {
        zip(columns, Self.widths).map { $0 + String(repeating: " ", count: max(1, $1 - $0.count)) }.joined()
    }
}
