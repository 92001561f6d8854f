import ArgumentParser

/// The command line of the router.
@main
struct CallRouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "CallRouter",
        abstract: "Routes phone calls between a carrier's media streams, a voice model and a reasoning model.",
        version: "0.1.0",
        subcommands: [SimulateCommand.self]
    )
}
