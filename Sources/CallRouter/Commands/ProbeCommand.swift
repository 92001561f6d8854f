import ArgumentParser
import NIOCore
import NIOPosix

/// `CallRouter probe URL`: tests a running router from outside.
struct ProbeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "probe",
        abstract: "Test a running router from outside.",
        discussion: """
            Opens the address as a carrier does, asks /health, starts a stream and stops it again, so that no call is \
            left behind. Prints a line for each step with its duration.

            Exit codes: 0 all steps passed, 1 one failed.
            """
    )

    @Argument(help: "The router's address, ws:// or wss://, with its path prefix if it has one.")
    var url: String

    @Option(help: "A stream token, for a router with STREAM_AUTH=token.")
    var token: String?

    @Option(help: "The identifier of the call that the stream is for.")
    var call: String?

    func validate() throws {
        do {
            _ = try ProbeTarget(self.url)
        } catch {
            throw ValidationError("\(error)")
        }
    }

    func run() async throws {
        let target = try ProbeTarget(self.url)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let probe = RouterProbe(target: target, token: self.token, callID: self.call, eventLoopGroup: group)
        var hasFailed = false
        await probe.run { step in
            CommandOutput.line(step.line)
            hasFailed = hasFailed || !step.hasPassed
        }
        try? await group.shutdownGracefully()
        if hasFailed { throw ExitCode.failure }
    }
}
