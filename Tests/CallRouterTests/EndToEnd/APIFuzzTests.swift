import Foundation
import StandIns
import Testing

@Suite("The API under a fuzzer", .timeLimit(.minutes(5)))
struct APIFuzzTests {
    @Test("a fuzzer that is led by the description finds nothing that breaks its word")
    func fuzz() async throws {
        try await EndToEndBed.run { bed in
            // A carrier that nobody is: orders are taken and stored, and nothing is ever dialled.
            let (router, port) = try await bed.start(environment: [
                "ROUTER_API_TOKEN": "fuzz", "API_REQUESTS_PER_MINUTE": "1000000", "MAX_CALLS": "100000",
                "SIGNALWIRE_PROJECT_ID": "p", "SIGNALWIRE_API_TOKEN": "t", "SIGNALWIRE_PHONE_NUMBER": "+15551230000",
                "SIGNALWIRE_SPACE_URL": "http://127.0.0.1:9", "ALLOWED_COUNTRIES": "US,CA",
                "TRANSFER_NUMBERS": "+15557654321",
            ])
            let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                .appendingPathComponent("../../..").standardized.path
            let command = [
                "/usr/bin/env", "ROUTER_API_TOKEN=fuzz", "bash", root + "/scripts/fuzz-api", "http://127.0.0.1:\(port)",
            ]
            var end = try await Self.run(command)
            // CPython 3.11 fails by itself now and then where two threads read Python (issue 106905): no verdict on us.
            if end.output.contains("SystemError: AST constructor") { end = try await Self.run(command) }
            #expect(end.status == 0, "\(end.output.suffix(20_000))")
            // Twice, since the calls that it ordered are being dialled.
            router.signal(SIGTERM)
            router.signal(SIGTERM)
            let state = try await router.end()
            #expect(state.status == 0)
            #expect(!(state.output + state.errors).contains("failed unexpectedly"))
        }
    }

    private static func run(_ command: [String]) async throws -> (status: Int32?, output: String) {
        let fuzzer = try ToolProcess(command)
        let end = try await fuzzer.state.wait(for: "the end of the fuzzer", within: .seconds(140)) {
            $0.status == nil ? nil : $0
        }
        return (end.status, end.output)
    }
}
