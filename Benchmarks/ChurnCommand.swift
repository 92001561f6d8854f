import ArgumentParser
import Foundation
import LoadKit

/// `Benchmarks churn`: many short calls.
struct ChurnCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "churn",
        abstract: "Plays many short calls, and samples memory and descriptors along the way.",
        discussion: """
            Exit 1 where a call failed or lost a frame, or where the memory at the end is more than 5 % above that after \
            the first 10,000 calls (or the first tenth of fewer than 100,000). With --background-calls that many long \
            calls are measured meanwhile: the latency that they see while others come and go and the store writes.
            """
    )

    @Option(help: "Short calls in all.")
    var total = 100_000

    @Option(help: "Short calls that begin in a second.")
    var rate = 100.0

    @Option(help: "Seconds that a short call sends audio.")
    var callSeconds = 1.0

    @Option(help: "Short calls at a time, at most; 0 takes what the rate needs, and half as many again.")
    var concurrent = 0

    @Option(help: "Long calls beside them.")
    var backgroundCalls = 0

    @Option(help: "echo, talk or silence.")
    var mode = LoadMode.echo

    @Flag(help: "The voice model is reached by wss.")
    var tls = false

    @Option(help: "Samples along the way.")
    var samples = 20

    @Option(help: "router or floor. The floor loses what comes before its model is ready, and so fails short calls.")
    var target = LoadTarget.router

    @OptionGroup var options: LoadOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard self.total > 0, self.rate > 0, self.callSeconds >= 0.1, self.samples > 0, self.backgroundCalls >= 0,
            self.concurrent >= 0
        else {
            throw ValidationError(
                "--total, --rate and --samples must be above 0, and --call-seconds 0.1 or more."
            )
        }
    }

    func run() throws {
        var output = try ReportOutput(self.output)
        // A call lingers for 0.4 s and takes a moment to come and go.
        let needed = Int((self.rate * (self.callSeconds + 0.7) * 1.5).rounded(.up)) + 10
        let settings = self.options.settings(
            target: self.target,
            mode: self.mode,
            tls: self.tls,
            calls: self.backgroundCalls
        )
        let run = ChurnRun(
            settings: settings,
            total: self.total,
            rate: self.rate,
            callSeconds: self.callSeconds,
            places: self.concurrent > 0 ? self.concurrent : needed,
            samples: self.samples
        )
        output.say(ChurnTable.head)
        let report = try run.run { sample in output.say(ChurnTable.row(sample)) }
        output.add(report)
        for line in ChurnTable.closing(report) { output.say(line) }
        try output.finish()
        guard report.isClean, report.isFlat else { throw ExitCode(1) }
    }
}
