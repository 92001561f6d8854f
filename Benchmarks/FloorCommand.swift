import ArgumentParser
import LoadKit

/// `Benchmarks floor`: the same work by the least that can do it.
struct FloorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "floor",
        abstract: "The same calls through a minimal relay in C: what every figure of the router is held against."
    )

    @Option(help: "Calls at a time; several numbers with commas make several runs.")
    var calls = "50"

    @Option(help: "echo, talk or silence.")
    var mode = LoadMode.echo

    @Flag(help: "The voice model is reached by wss.")
    var tls = false

    @OptionGroup var options: LoadOptions
    @OptionGroup var output: OutputOptions

    func run() throws {
        try LoadSeries(calls: self.calls, mode: self.mode, targets: [.floor], tls: self.tls)
            .run(self.options, self.output)
    }
}
