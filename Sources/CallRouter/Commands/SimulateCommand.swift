import ArgumentParser

/// `CallRouter simulate`: plays calls end to end against stand-ins.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "simulate", abstract: "Play calls against stand-ins.")

    func run() async throws { throw CleanExit.message("This build has no stand-ins.") }
}
