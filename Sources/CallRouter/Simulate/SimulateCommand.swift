import ArgumentParser
import Foundation
import StandIns
import UnixSignals

/// `CallRouter simulate`: plays calls end to end against stand-ins for the carrier, the voice model and Claude.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Play calls end to end, without keys and without network.",
        discussion: """
            Starts a router with stand-ins for SignalWire, OpenAI and Claude on loopback, in a temporary DATA_DIR, and \
            plays calls through the very code of serve.

            SIGINT or SIGTERM ends it at once, and its DATA_DIR is removed then too.

            Exit codes: 0 if every call ended as its scenario says, 1 if not or interrupted, 64 for wrong usage.
            """
    )

    @Option(help: "How many calls to play, all at the same time (1 to 10000).")
    var calls = 1

    @Option(help: "How long one call is to be, in seconds (1 to 3600); without it as long as its scenario takes.")
    var duration: Int?

    @Option(help: "What happens in the calls.")
    var scenario = Scenario.conversation

    @Option(help: "Show the router's metrics on this port of 127.0.0.1 while the calls last (1 to 65535).")
    var metricsPort: Int?

    @Flag(help: "Print one JSON array of the calls on standard output, and nothing else.")
    var json = false

    @Flag(help: "Keep DATA_DIR with its recordings, and print its path on standard error.")
    var keep = false

    func validate() throws {
        guard (1...10_000).contains(self.calls) else { throw ValidationError("--calls must be 1 to 10000.") }
        guard self.duration.map({ (1...3600).contains($0) }) ?? true else {
            throw ValidationError("--duration must be 1 to 3600.")
        }
        guard self.metricsPort.map({ (1...65535).contains($0) }) ?? true else {
            throw ValidationError("--metrics-port must be 1 to 65535.")
        }
    }

    func run() async throws {
        // A reader of the output that has gone away must not end the calls.
        signal(SIGPIPE, SIG_IGN)
        let console = SimulationConsole(isJSON: self.json, callCount: self.calls)
        let simulation = Simulation(
            scenario: self.scenario,
            length: self.duration.map { .seconds($0) },
            callCount: self.calls,
            metricsPort: self.metricsPort,
            keepsData: self.keep,
            console: console
        )
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
        let results: [CallResult]
        do {
            results = try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for await _ in signals { simulation.abandon() }
                }
                defer { group.cancelAll() }
                return try await simulation.run()
            }
        } catch {
            CommandOutput.error("The simulation failed: \(error)")
            if self.json { console.printJSON([]) }
            throw ExitCode(1)
        }
        if self.json { console.printJSON(results) } else { console.printSummary(results) }
        guard results.count == self.calls, results.allSatisfy(\.isOK) else { throw ExitCode(1) }
    }
}

extension Scenario: ExpressibleByArgument {}
