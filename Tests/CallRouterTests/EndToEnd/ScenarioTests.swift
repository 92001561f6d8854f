import Testing

@testable import CallRouter

/// Whole calls through the real binary against the stand-ins: what places calls, and what happens in placed ones.
@Suite struct ScenarioTests {
    private let directory: TemporaryDirectory

    init() throws { self.directory = try TemporaryDirectory() }

    @Test("calls that are placed, handed on, left to a mailbox or opted out of end as their scenarios say")
    func placed() async throws {
        // A call lasts as long as a call: side by side they cost a test no more time than one.
        let runs = ["outbound", "voicemail", "transfer", "opt-out"]
        let results = try await withThrowingTaskGroup(of: (String, RouterBinary.State).self) { group in
            for scenario in runs {
                group.addTask {
                    let calls = scenario == "transfer" ? "2" : "1"
                    let binary = try RouterBinary(
                        ["simulate", "--scenario", scenario, "--calls", calls],
                        directory: self.directory
                    )
                    return (scenario, try await binary.end(within: .seconds(180)))
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(results.count == runs.count)
        for (scenario, state) in results { #expect(state.status == 0, "\(scenario): \(state.output)") }
    }
}
