import ArgumentParser

/// Measures the router: whole calls through the real binary, and the single operations of its media path.
@main
struct Benchmarks: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "Benchmarks",
        abstract: "Measures the router: whole calls through the real binary, or single operations.",
        discussion: "Build with -c release: swift run -c release Benchmarks load --calls 100",
        subcommands: [
            LoadCommand.self, RampCommand.self, ChurnCommand.self, FloorCommand.self, FloorRelayCommand.self,
            MicroCommand.self, ResamplerCommand.self, VoicemailCommand.self,
        ],
        defaultSubcommand: LoadCommand.self
    )
}
