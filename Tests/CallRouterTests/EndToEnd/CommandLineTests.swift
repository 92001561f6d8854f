import Foundation
import StandIns
import Testing

@Suite("The command line of the real binary", .timeLimit(.minutes(2)))
struct CommandLineTests {
    private let directory: TemporaryDirectory

    init() throws {
        self.directory = try TemporaryDirectory()
    }

    private func run(_ arguments: String..., environment: [String: String] = [:]) async throws -> RouterBinary.State {
        try await RouterBinary(arguments, environment: environment, directory: self.directory).end()
    }

    /// A configuration that `serve` can start with, on free ports.
    private var environment: [String: String] {
        [
            "OPENAI_API_KEY": "sk-test", "ANTHROPIC_API_KEY": "sk-ant-test", "WEBSOCKET_PORT": "0", "METRICS_PORT": "0",
            "BIND_ADDRESS": "127.0.0.1", "LOG_FORMAT": "json",
        ]
    }

    @Test("--version prints a version and exits with 0")
    func version() async throws {
        let state = try await self.run("--version")
        #expect(state.status == 0)
        #expect(state.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
        #expect(state.errors.isEmpty)
    }

    @Test("--help and help name every command", arguments: [["--help"], ["help"]])
    func help(arguments: [String]) async throws {
        let state = try await RouterBinary(arguments, directory: self.directory).end()
        #expect(state.status == 0)
        for command in ["serve", "simulate", "check", "probe"] { #expect(state.output.contains(command)) }
    }

    @Test(
        "wrong usage exits with 64",
        arguments: [
            ["dance"], ["serve", "--loud"], ["simulate", "--scenario", "opera"], ["simulate", "--calls", "0"],
            ["simulate", "--metrics-port", "0"],
            ["probe"],
            ["probe", "not a url"],
        ]
    )
    func usage(arguments: [String]) async throws {
        let state = try await RouterBinary(arguments, environment: self.environment, directory: self.directory).end()
        #expect(state.status == 64)
        #expect(!state.errors.isEmpty)
    }

    @Test("a bad configuration exits with 78 and names every variable at once, but no secret's value")
    func configuration() async throws {
        let secret = "sk-ant-very-secret"
        let state = try await self.run(
            "serve",
            environment: [
                "ANTHROPIC_API_KEY": secret, "WEBSOCKET_PORT": "eighty", "STREAM_AUTH": "maybe",
                "OPENAI_REALTIME_URL": "ws://api.example.com", "PUBLIC_URL": "https://calls.example.com",
                "TWILIO_AUTH_TOKEN": "",
            ]
        )
        #expect(state.status == 78)
        let wrong = [
            "OPENAI_API_KEY", "WEBSOCKET_PORT", "STREAM_AUTH", "OPENAI_REALTIME_URL", "SIGNALWIRE_SIGNING_KEY",
        ]
        for name in wrong { #expect(state.errors.contains(name)) }
        #expect(!state.errors.contains("ANTHROPIC_API_KEY is"))
        #expect(!(state.errors + state.output).contains(secret))
    }

    @Test("an .env file in the working directory is read, and the environment wins over it")
    func dotEnv() async throws {
        let file = "OPENAI_API_KEY=from-file\nANTHROPIC_API_KEY='from file'\nWEBSOCKET_PORT=eighty\n"
        try file.write(toFile: self.directory.path + "/.env", atomically: true, encoding: .utf8)
        let bad = try await self.run("serve")
        #expect(bad.status == 78)
        #expect(bad.errors.contains("WEBSOCKET_PORT") && !bad.errors.contains("OPENAI_API_KEY is"))
        let environment = self.environment.filter { !$0.key.hasSuffix("_API_KEY") }
        let router = try RouterBinary(["serve"], environment: environment, directory: self.directory)
        #expect(try await router.port() > 0)
        router.signal(SIGTERM)
        #expect(try await router.end().status == 0)
    }

    @Test("a port that is taken exits with 69 and says which")
    func portTaken() async throws {
        let first = try RouterBinary(["serve"], environment: self.environment, directory: self.directory)
        let port = try await first.port()
        let second = try TemporaryDirectory()
        let environment = self.environment.merging(["WEBSOCKET_PORT": "\(port)"]) { $1 }
        let state = try await RouterBinary(["serve"], environment: environment, directory: second).end()
        #expect(state.status == 69)
        #expect((state.errors + state.output).contains("\(port)"))
        first.signal(SIGTERM)
        #expect(try await first.end().status == 0)
    }

    @Test("a second router on the same DATA_DIR exits with 69, and the first goes on")
    func directoryLocked() async throws {
        let first = try RouterBinary([], environment: self.environment, directory: self.directory)
        let port = try await first.port()
        let state = try await self.run("serve", environment: self.environment)
        #expect(state.status == 69)
        #expect((state.errors + state.output).contains("DATA_DIR"))
        #expect(try await EndToEndBed.get("/health", port: port).status == 200)
        first.signal(SIGINT)
        #expect(try await first.end().status == 0)
    }
}
