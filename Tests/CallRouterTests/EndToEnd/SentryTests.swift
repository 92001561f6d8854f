import Foundation
import NIOHTTP1
import StandIns
import Testing

@Suite("Failures of the real binary, in Sentry", .serialized, .timeLimit(.minutes(3)))
struct SentryTests {
    @Test("a process that was killed in a call is reported by the next one, once, without anything personal")
    func crash() async throws {
        try await EndToEndBed.run { bed in
            let receiver = try await SentryReceiver.start()
            let environment = [
                "SENTRY_DSN": receiver.dsn, "NODE_ENV": "staging", "LOG_LEVEL": "critical", "RESUME_SECONDS": "0.2",
            ]
            let (first, _) = try await bed.start(environment: ["SENTRY_DSN": receiver.dsn])
            let call = bed.carrier.makeCall()
            async let line: Void = call.run()
            try await call.listen(toAnswer: .greeting)
            first.signal(SIGKILL)
            #expect(try await first.end().status == -SIGKILL)
            await line
            #expect(receiver.state.current.requestCount == 0, "nothing had failed until then")

            // At this level the router says nothing of its port: the event is what tells that it runs.
            let second = try bed.router(environment: environment)
            let event = try #require(try await receiver.events(1).first)
            #expect(SentryReceiver.text(event).hasPrefix("The previous process ended without a shutdown"))
            #expect(event["level"] == "error" && event["environment"] == "staging")
            #expect(event["extra"]?["calls"] == "1")
            #expect(event["extra"]?["previous_version"]?.string == event["release"]?.string?.dropFirst(11).description)
            second.signal(SIGTERM)
            #expect(try await second.end().status == 0)

            // This one came to its end: the third has nothing to report.
            let (third, _) = try await bed.start(environment: ["SENTRY_DSN": receiver.dsn])
            third.signal(SIGTERM)
            #expect(try await third.end().status == 0)
            #expect(receiver.state.current.faults == [])
            #expect(receiver.state.current.events.count == 1)
            await receiver.stop()
        }
    }

    @Test("a start that fails is reported before the process exits with 69")
    func failedStart() async throws {
        try await EndToEndBed.run { bed in
            let receiver = try await SentryReceiver.start()
            let (first, port) = try await bed.start()
            let other = try bed.router(
                environment: [
                    "SENTRY_DSN": receiver.dsn, "DATA_DIR": bed.directory.path + "/other", "WEBSOCKET_PORT": "\(port)",
                ]
            )
            #expect(try await other.end().status == 69)
            let event = try #require(receiver.state.current.events.first)
            #expect(event["level"] == "fatal")
            let exception = event["exception"]?["values"]?.array?.first
            #expect(exception?["type"] == "StartError")
            #expect(exception?["value"]?.string?.hasPrefix("Cannot listen on 127.0.0.1:\(port)") == true)
            #expect(receiver.state.current.faults == [] && receiver.state.current.events.count == 1)
            first.signal(SIGTERM)
            #expect(try await first.end().status == 0)
            await receiver.stop()
        }
    }

    @Test("a server for reports that never answers holds up neither a call nor the end")
    func silentServer() async throws {
        try await EndToEndBed.run { bed in
            let receiver = try await SentryReceiver.start { _ in
                LoopbackResponse(status: .ok, steps: [.hang], delay: .seconds(3600))
            }
            try FileManager.default.createDirectory(
                atPath: bed.directory.path + "/data",
                withIntermediateDirectories: true
            )
            // The mark of a process that did not end.
            try "{}".write(toFile: bed.directory.path + "/data/running", atomically: true, encoding: .utf8)
            let (router, _) = try await bed.start(environment: ["SENTRY_DSN": receiver.dsn])
            _ = try await receiver.state.wait(for: "a report", within: .seconds(30)) {
                $0.requestCount > 0 ? true : nil
            }
            let call = bed.carrier.makeCall()
            async let line: Void = call.run()
            try await call.listen(toAnswer: .greeting)
            await call.hangUp()
            await line
            router.signal(SIGTERM)
            let end = try await router.end()
            #expect(end.status == 0)
            #expect(end.errors.contains("could not be delivered before the end"))
            await receiver.stop()
        }
    }

    @Test("a DSN that is none is bad configuration, and is not shown")
    func badConfiguration() async throws {
        let directory = try TemporaryDirectory()
        let environment = [
            "OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k", "SENTRY_DSN": "https://disclosed@sentry.example",
        ]
        let state = try await RouterBinary(["serve"], environment: environment, directory: directory).end()
        #expect(state.status == 78)
        #expect(state.errors.contains("SENTRY_DSN") && !state.errors.contains("disclosed"))
    }
}
