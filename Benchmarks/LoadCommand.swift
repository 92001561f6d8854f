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

    @Option(help: "echo, talk or silence.")
    var mode = LoadMode.echo

    @Option(help: "router, floor or both, the one after the other.")
    var target = TargetChoice.router

    @Flag(help: "The voice model is reached by wss; the carrier's side stays plain, as behind a proxy.")
    var tls = false

    @OptionGroup var options: LoadOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try LoadSeries(calls: self.calls, mode: self.mode, targets: self.target.all, tls: self.tls)
            .run(self.options, self.output)
    }
}
