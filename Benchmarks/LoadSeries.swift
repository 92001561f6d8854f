import ArgumentParser
import LoadKit

/// Runs of several numbers of calls, each with every target.
struct LoadSeries {
    var calls: String
    var mode: LoadMode
    var targets: [LoadTarget]
    var tls: Bool

    /// - Throws: `ExitCode` 1 where a run was not clean.
    func run(_ options: LoadOptions, _ outputOptions: OutputOptions) throws {
        let counts = self.calls.split(separator: ",").map { Int($0) ?? 0 }
        guard !counts.isEmpty, counts.allSatisfy({ $0 > 0 }) else {
            throw ValidationError("--calls takes numbers such as 50 or 50,100,200.")
        }
        var output = try ReportOutput(outputOptions)
        for count in counts {
            for target in self.targets {
                let settings = options.settings(target: target, mode: self.mode, tls: self.tls, calls: count)
                output.add(try LoadRun.run(settings))
            }
        }
        try output.finish()
        guard output.results.loads.allSatisfy(\.isClean) else { throw ExitCode(1) }
    }
}
