import ArgumentParser
import NIOCore
import NIOPosix

/// `CallRouter check`: tells whether the configuration is right and everything that it names can be reached.
struct CheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration, the providers, the store and the machine.",
        discussion: """
            Prints a line for each finding: ok, warning or failed, and what to do. Places no call and costs no tokens.

            Exit codes: 0 nothing failed, 1 something failed, 78 bad configuration.
            """
    )

    func run() async throws {
        let configuration = try ConfigurationLoader.load()
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        var hasFailed = false
        CommandOutput.line(Finding.ok("configuration", "every variable can be used").line)
        await RouterCheck(configuration: configuration, eventLoopGroup: group).run { finding in
            CommandOutput.line(finding.line)
            hasFailed = hasFailed || finding.grade == .failed
        }
        try? await group.shutdownGracefully()
        if hasFailed { throw ExitCode.failure }
    }
}
