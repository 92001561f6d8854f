/// How results differ from earlier ones: rows of the same target, mode, transport, cores and calls, figure by figure.
package struct Comparison: Sendable, Equatable {
    /// One figure of one row.
    package struct Difference: Sendable, Equatable {
        package var row: String
        package var figure: String
        package var earlier: Double
        package var now: Double

        package init(row: String, figure: String, earlier: Double, now: Double) {
            self.row = row
            self.figure = figure
            self.earlier = earlier
            self.now = now
        }

        /// nil where there is nothing to divide by.
        package var percent: Double? {
            self.earlier == 0 ? nil : (self.now - self.earlier) / self.earlier * 100
        }
    }

    package private(set) var differences: [Difference] = []
    /// Rows that the earlier results do not have.
    package private(set) var unmatched: [String] = []

    package init(earlier: SavedResults, now: SavedResults) {
        for report in now.loads {
            let match = earlier.loads.last { Self.name($0) == Self.name(report) }
            self.add(Self.name(report), match.map(Self.figures), Self.figures(report))
        }
        for report in now.capacities {
            let match = earlier.capacities.last { Self.name($0) == Self.name(report) }
            self.add(Self.name(report), match.map(Self.figures), Self.figures(report))
        }
        for report in now.churns {
            let match = earlier.churns.last { Self.name($0) == Self.name(report) }
            self.add(Self.name(report), match.map(Self.figures), Self.figures(report))
        }
    }

    private typealias Figure = (name: String, value: Double)

    private mutating func add(_ row: String, _ earlier: [Figure]?, _ now: [Figure]) {
        guard let earlier else { return self.unmatched.append(row) }
        for figure in now {
            guard let match = earlier.first(where: { $0.name == figure.name }) else { continue }
            self.differences.append(
                Difference(row: row, figure: figure.name, earlier: match.value, now: figure.value)
            )
        }
    }

    private static func name(_ report: LoadReport) -> String {
        "\(report.target.rawValue) \(report.mode.rawValue) \(report.tls ? "tls" : "plain") \(report.cores) cores "
            + "\(report.calls) calls\(report.recording ? " recorded" : "")"
    }

    private static func name(_ report: CapacityReport) -> String {
        "ramp \(report.target.rawValue) \(report.mode.rawValue) \(report.tls ? "tls" : "plain") \(report.cores) cores"
    }

    private static func name(_ report: ChurnReport) -> String {
        "churn \(report.total) calls of \(report.callSeconds) s at \(report.rate) a second"
            + (report.backgroundCalls > 0 ? " beside \(report.backgroundCalls)" : "")
    }

    private static func figures(_ report: LoadReport) -> [Figure] {
        let latency = report.decidingLatency
        let optional: [(String, Double?)] = [
            ("p50 ms", latency?.p50), ("p99 ms", latency?.p99), ("p99.9 ms", latency?.p999),
            ("up p99 ms", report.uplinkLatency?.p99), ("down p99 ms", report.downlinkLatency?.p99),
        ]
        return [
            ("CPU µs/message", report.cpuMicrosecondsPerMessage),
            ("CPU ms/call-second", report.cpuMillisecondsPerCallSecond),
        ] + optional.compactMap { name, value in value.map { (name, $0) } } + [
            ("KB/call", Double(report.residentBytesPerCall) / 1_024),
            ("MB before", Double(report.residentBytesBefore) / 1_048_576),
        ]
    }

    private static func figures(_ report: CapacityReport) -> [Figure] { [("calls", Double(report.calls))] }

    private static func figures(_ report: ChurnReport) -> [Figure] {
        [
            ("MB at the end", Double(report.samples.last?.residentBytes ?? 0) / 1_048_576),
            ("descriptors at the end", Double(report.samples.last?.descriptors ?? 0)),
            ("up p99 ms", report.backgroundUplink?.p99 ?? 0),
        ]
    }
}
