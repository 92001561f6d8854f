import ArgumentParser

/// The command line of the router.
@main
struct CallRouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "CallRouter",
        abstract: "Routes phone calls between a carrier's media streams, a voice model and a reasoning model.",
        discussion: """
            Configured by environment variables and an optional .env file in the working directory. \
            `check` tells whether they are right.
            """,
        version: RouterVersion.current,
        subcommands: [ServeCommand.self, SimulateCommand.self, CheckCommand.self, ProbeCommand.self],
        defaultSubcommand: ServeCommand.self
    )
}
