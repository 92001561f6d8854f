import ArgumentParser
import Foundation
import LoadKit

/// `Benchmarks ramp`: the most calls that are carried.
struct RampCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ramp",
        abstract: "Finds the most calls: nothing lost, doubled or out of order, and latencies under the limit.",
        discussion: """
            Doubles the calls until a run fails, halves the gap, and confirms the best with a second run. The latency is \
            the p99 of the round trip (echo), or of first audio and of the way up (talk). With both targets their runs \
            alternate, so that each has the same machine.
            """
    )

    @Option(help: "echo, talk or silence; several with commas.")
    var modes = "echo"

    @Option(help: "plain, tls, or plain,tls.")
    var transports = "plain"

    @Option(help: "router, floor or both.")
    var target = TargetChoice.both

    @Option(help: "Calls of the first run.")
    var from = 200

    @Option(help: "The most calls that are tried.")
    var to = 4_000

    @Option(help: "The limit of the p99, in milliseconds.")
    var p99Limit = 20.0

    @Flag(help: "Also with fewer cores, from one on.")
    var eachCore = false

    @OptionGroup var options: LoadOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        let modes = self.modes.split(separator: ",").compactMap { LoadMode(rawValue: String($0)) }
        let transports = self.transports.split(separator: ",").map(String.init)
        guard !modes.isEmpty, modes.count == self.modes.split(separator: ",").count else {
            throw ValidationError("--modes takes echo, talk and silence.")
        }
        guard !transports.isEmpty, transports.allSatisfy(["plain", "tls"].contains) else {
            throw ValidationError("--transports takes plain and tls.")
        }
        var output = try ReportOutput(self.output)
        for cores in self.eachCore ? Array(1...self.options.cores) : [self.options.cores] {
            for mode in modes {
                for transport in transports {
                    var options = self.options
                    options.cores = cores
                    try self.measure(mode, tls: transport == "tls", options, &output)
                }
            }
        }
        output.say("")
        for line in CapacityTable.lines(output.results.capacities, p99Limit: self.p99Limit) { output.say(line) }
        try output.finish()
    }

    private func measure(_ mode: LoadMode, tls: Bool, _ options: LoadOptions, _ output: inout ReportOutput) throws {
        var searches = self.target.all.map { (target: $0, search: CapacitySearch(start: self.from, limit: self.to)) }
        var lastCarried: [LoadTarget: LoadReport] = [:]
        var isRunning = true
        while isRunning {
            isRunning = false
            for index in searches.indices {
                guard case .measure(let calls) = searches[index].search.next else { continue }
                isRunning = true
                let target = searches[index].target
                let report = try self.attempt(
                    options.settings(target: target, mode: mode, tls: tls, calls: calls),
                    &output
                )
                let isCarried = report.map(self.isCarried) ?? false
                if isCarried { lastCarried[target] = report }
                searches[index].search.record(calls: calls, isCarried: isCarried)
            }
        }
        for (target, search) in searches {
            guard case .done(let calls) = search.next else { continue }
            output.add(
                CapacityReport(
                    target: target,
                    mode: mode,
                    tls: tls,
                    cores: options.cores,
                    calls: calls,
                    run: lastCarried[target].flatMap { $0.calls == calls ? $0 : nil }
                )
            )
        }
    }

    /// nil where the calls did not even come up.
    private func attempt(_ settings: LoadSettings, _ output: inout ReportOutput) throws -> LoadReport? {
        do {
            let report = try LoadRun.run(settings)
            output.add(report)
            return report
        } catch LoadError.callsNotEstablished(let ready, let wanted, let reason, _) {
            output.say("\(settings.target.rawValue)  only \(ready) of \(wanted) calls came up: \(reason)")
            return nil
        }
    }

    private func isCarried(_ report: LoadReport) -> Bool {
        guard report.isClean, let latency = report.decidingLatency, latency.p99 < self.p99Limit else { return false }
        return report.mode == .echo || (report.uplinkLatency.map { $0.p99 < self.p99Limit } ?? false)
    }
}
