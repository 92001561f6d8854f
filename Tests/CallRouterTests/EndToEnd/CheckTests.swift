import Foundation
import NIOHTTP1
import StandIns
import Testing

@Suite("CallRouter check, the real binary", .serialized, .timeLimit(.minutes(2)))
struct CheckTests {
    private func check(_ bed: EndToEndBed, _ environment: [String: String] = [:]) async throws -> RouterBinary.State {
        let own = [
            "OPENAI_API_KEY": ModelSettings().apiKey, "OPENAI_REALTIME_URL": bed.model.url,
            "ANTHROPIC_API_KEY": ClaudeSettings().apiKey, "ANTHROPIC_BASE_URL": bed.claude.url,
            "DATA_DIR": bed.directory.path + "/data",
        ]
        return try await RouterBinary(
            ["check"],
            environment: own.merging(environment) { $1 },
            directory: bed.directory
        ).end()
    }

    private func lines(_ state: RouterBinary.State, _ subject: String) -> [String] {
        state.output.split(separator: "\n").map(String.init).filter { $0.dropFirst(9).hasPrefix("\(subject):") }
    }

    @Test("beside a running router everything is well but what is not set, and no call comes of it")
    func running() async throws {
        try await EndToEndBed.run { bed in
            let receiver = try await SentryReceiver.start()
            let (router, port) = try await bed.start()
            let state = try await self.check(
                bed,
                [
                    "PUBLIC_URL": "http://127.0.0.1:\(port)", "SIGNALWIRE_SIGNING_KEY": "PSK_check",
                    "SENTRY_DSN": receiver.dsn, "MAX_CALLS": "10",
                ]
            )
            #expect(state.status == 0)
            #expect(!state.output.contains("failed "))
            let address = self.lines(state, "PUBLIC_URL")
            #expect(address.count == 2 && address.allSatisfy { $0.hasPrefix("ok ") }, "\(address)")
            for subject in ["configuration", "OpenAI", "Claude", "DATA_DIR", "SENTRY_DSN", "drain", "file descriptors"]
            {
                #expect(self.lines(state, subject).first?.hasPrefix("ok ") == true, "\(subject) in \(state.output)")
            }
            #expect(self.lines(state, "SIGNALWIRE_SIGNING_KEY").count == 1)
            #expect(self.lines(state, "clock").count == 1)
            #expect(receiver.state.current.events.isEmpty && receiver.state.current.faults.isEmpty)
            let calls = try await EndToEndBed.get("/v1/calls", port: port)
            #expect(calls.body["calls"]?.array?.isEmpty == true)
            router.signal(SIGTERM)
            #expect(try await router.end().status == 0)
            await receiver.stop()
        }
    }

    @Test("what is wrong is one line each with what to do; machine, address and reports are warnings")
    func warnings() async throws {
        try await EndToEndBed.run { bed in
            let state = try await self.check(
                bed,
                [
                    "PUBLIC_URL": "http://127.0.0.1:1", "SENTRY_DSN": "http://key@127.0.0.1:1/1",
                    "MAX_CALLS": "1000000",
                    "FLY_APP_NAME": "callrouter", "OPENAI_TRANSCRIPTION_MODEL": "scribe",
                ]
            )
            #expect(state.status == 0, "\(state.output)")
            for subject in ["PUBLIC_URL", "SENTRY_DSN", "file descriptors", "OPENAI_TRANSCRIPTION_MODEL", "carrier"] {
                let lines = self.lines(state, subject)
                #expect(lines.count == 1 && lines.first?.hasPrefix("warning ") == true, "\(subject): \(lines)")
            }
            #expect(self.lines(state, "configuration").contains { $0.contains("Fly.io kills the process 300 s after") })
        }
    }

    @Test("what would cost calls fails, and the exit code is 1")
    func failures() async throws {
        try await EndToEndBed.run { bed in
            let state = try await self.check(
                bed,
                [
                    "OPENAI_REALTIME_MODEL": "gpt-4o-realtime-preview", "ANTHROPIC_API_KEY": "wrong",
                    "SIGNALWIRE_SPACE_URL": bed.claude.url, "SIGNALWIRE_PROJECT_ID": "p",
                    "SIGNALWIRE_API_TOKEN": "PTdisclosed", "SIGNALWIRE_PHONE_NUMBER": "+15551230000",
                    "SIGNALWIRE_SIGNING_KEY": "PTdisclosed",
                ]
            )
            #expect(state.status == 1)
            for subject in ["OPENAI_REALTIME_MODEL", "Claude", "carrier", "SIGNALWIRE_SIGNING_KEY"] {
                let lines = self.lines(state, subject)
                #expect(lines.first?.hasPrefix("failed ") == true, "\(subject): \(lines)")
            }
            #expect(!state.output.contains("disclosed"))
        }
    }
}
