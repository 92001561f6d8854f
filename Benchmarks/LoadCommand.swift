import ArgumentParser
import LoadKit

/// `Benchmarks load`: whole calls through the real router.
struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load",
        abstract: "Plays calls through the real router and measures loss, latency, CPU and memory.",
        discussion: """
            echo: 50 frames a second from the carrier to the model, each answered by one 20 ms delta that goes back. \
            talk: the same uplink, and every 5 s an answer of 3 s in deltas of 200 to 400 ms sent at once, every \
            second one interrupted. silence: the uplink alone. Exit 1 where anything was lost, doubled, out of order or \
            cut off.
            """
    )

    @Option(help: "Calls at a time; several numbers with commas make several runs.")
    var calls = "50"

    @OptionGroup var options: LoadOptions

    func run() throws {
        let counts = self.calls.split(separator: ",").compactMap { Int($0) }.filter { $0 > 0 }
        guard !counts.isEmpty else { throw ValidationError("--calls takes numbers such as 50 or 50,100,200.") }
        var output = ReportOutput(json: self.options.json)
        for count in counts {
            for target in self.options.target.all {
                output.add(try LoadRun.run(self.options.settings(target: target, calls: count)))
            }
        }
        output.finish()
        guard output.isClean else { throw ExitCode(1) }
    }
}
