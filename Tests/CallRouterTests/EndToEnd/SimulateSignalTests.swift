import Foundation
import StandIns
import Testing

@Suite("Signals to simulate", .timeLimit(.minutes(2)))
struct SimulateSignalTests {
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    /// The DATA_DIRs of simulations below this test's own folder of temporary files.
    private var dataDirectories: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: self.directory.path)
                .filter { $0.hasPrefix("callrouter-simulate-") }
        }
    }

    /// Starts a simulation and interrupts it in the middle of its call.
    private func interrupt(_ signal: Int32, _ arguments: String...) async throws -> RouterBinary.State {
        let binary = try RouterBinary(
            ["simulate"] + arguments,
            environment: ["TMPDIR": self.directory.path],
            directory: self.directory
        )
        try await binary.state.wait(for: "the call to talk", within: .seconds(60)) { state in
            state.output.contains("AI:") || state.status != nil ? () : nil
        }
        #expect(try self.dataDirectories.count == 1)
        binary.signal(signal)
        return try await binary.end()
    }

    @Test("an interrupted simulation ends at once with 1 and leaves no DATA_DIR behind", arguments: [SIGINT, SIGTERM])
    func interrupted(_ signal: Int32) async throws {
        let state = try await self.interrupt(signal)
        #expect(state.status == 1)
        #expect(state.errors.contains("Interrupted"))
        #expect(try self.dataDirectories.isEmpty)
    }

    @Test("with --keep the DATA_DIR of an interrupted simulation stays")
    func kept() async throws {
        let state = try await self.interrupt(SIGTERM, "--keep")
        #expect(state.status == 1)
        #expect(try self.dataDirectories.count == 1)
    }
}
