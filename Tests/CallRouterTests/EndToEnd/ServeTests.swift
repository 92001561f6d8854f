import Foundation
import StandIns
import Testing

@Suite("The real binary serving calls", .serialized, .timeLimit(.minutes(3)))
struct ServeTests {
    @Test("/health and /ready answer, SIGUSR1 and SIGUSR2 hold new calls back and let them in again")
    func health() async throws {
        try await EndToEndBed.run { bed in
            let (router, port) = try await bed.start()
            let (status, health) = try await EndToEndBed.get("/health", port: port)
            #expect(status == 200)
            #expect(health["status"]?.string == "healthy")
            #expect(health["activeCalls"]?.int == 0)
            #expect(health["uptime"]?.double.map { $0 >= 0 } == true)
            #expect(try await EndToEndBed.get("/ready", port: port).body["status"]?.string == "ready")
            #expect(try await EndToEndBed.get("/nothing", port: port).status == 404)

            router.signal(SIGUSR1)
            try await Self.ready(is: 503, "draining", port: port)
            #expect(try await EndToEndBed.get("/health", port: port).body["status"]?.string == "draining")
            router.signal(SIGUSR2)
            try await Self.ready(is: 200, "ready", port: port)

            router.signal(SIGTERM)
            #expect(try await router.end().status == 0)
        }
    }

    @Test("a call is answered, kept word for word, summed up and still there after a restart")
    func wholeCall() async throws {
        try await EndToEndBed.run { bed in
            let (router, _) = try await bed.start()
            let call = bed.carrier.makeCall()
            async let line: Void = call.run()
            try await call.listen(toAnswer: .greeting)
            try await call.say(.callerHours)
            try await call.listen(toAnswer: .hours)
            await call.hangUp()
            await line
            router.signal(SIGTERM)
            // It goes when the summary is stored, or has been given its time.
            let end = try await router.end()
            #expect(end.status == 0)
            let callID = try #require(call.record.read(\.callID))
            let account = try await bed.account(of: callID)
            #expect(account["status"]?.string == "completed")
            #expect(account["outcome"]?.string == "goal_achieved")
            #expect(account["end_reason"]?.string == "caller_hangup")
            #expect(account["direction"]?.string == "inbound")
            #expect(account["summary"]?.string == "The caller asked for the opening hours and was told.")
            let lines: [SpeechLine] = [.greeting, .callerHours, .hours]
            #expect(account["transcript"]?.array?.compactMap { $0["content"]?.string } == lines.map(\.text))
            #expect(
                account["transcript"]?.array?.compactMap { $0["role"]?.string } == ["assistant", "user", "assistant"]
            )
            Self.expectNothingPrivate(in: end, call: call)
        }
    }

    @Test("SIGTERM lets a live call end by itself, refuses a new one, and then exits with 0")
    func drain() async throws {
        try await EndToEndBed.run { bed in
            let (router, port) = try await bed.start()
            let call = bed.carrier.makeCall()
            async let line: Void = call.run()
            try await call.listen(toAnswer: .greeting)
            router.signal(SIGTERM)
            try await Self.ready(is: 503, "draining", port: port)
            let late = bed.carrier.makeCall()
            async let lateLine: Void = late.run()
            // The live call talks on.
            try await call.say(.callerHours)
            try await call.listen(toAnswer: .hours)
            #expect(router.state.read(\.status) == nil)
            await call.hangUp()
            await line
            #expect(try await router.end().status == 0)
            await late.hangUp()
            await lateLine
            #expect(late.record.read(\.streams).isEmpty)
            let account = try await bed.account(of: try #require(call.record.read(\.callID)))
            #expect(account["end_reason"]?.string == "caller_hangup")
            #expect(account["outcome"]?.string == "goal_achieved")
        }
    }

    @Test("a second SIGTERM ends live calls at once and keeps what was said")
    func secondSignal() async throws {
        try await EndToEndBed.run { bed in
            let (router, port) = try await bed.start()
            let call = bed.carrier.makeCall()
            async let line: Void = call.run()
            try await call.listen(toAnswer: .greeting)
            router.signal(SIGTERM)
            try await Self.ready(is: 503, "draining", port: port)
            router.signal(SIGTERM)
            // Without the second signal it would wait for the call, whose caller says nothing more.
            #expect(try await router.end().status == 0)
            await call.hangUp()
            await line
            let account = try await bed.account(of: try #require(call.record.read(\.callID)))
            #expect(account["end_reason"]?.string == "drained")
            #expect(account["transcript"]?.array?.first?["content"]?.string == SpeechLine.greeting.text)
        }
    }

    @Test("probe finds a running router from outside, and takes its refusal without a token for what it is")
    func probe() async throws {
        try await EndToEndBed.run { bed in
            let (router, port) = try await bed.start()
            let probe = try RouterBinary(["probe", "ws://127.0.0.1:\(port)/media-stream"], directory: bed.directory)
            let end = try await probe.end()
            #expect(end.status == 0, "\(end.output)\(end.errors)")
            #expect(end.output.contains("stream auth is on"))
            router.signal(SIGTERM)
            #expect(try await router.end().status == 0)
            let nobody = try RouterBinary(["probe", "ws://127.0.0.1:\(port)"], directory: bed.directory)
            #expect(try await nobody.end().status == 1)
        }
    }

    /// Waits until `/ready` answers so: a signal takes its time to arrive.
    private static func ready(is status: Int, _ word: String, port: Int) async throws {
        var last = 0
        for _ in 0..<2_000 {
            let (found, body) = try await EndToEndBed.get("/ready", port: port)
            if found == status, body["status"]?.string == word { return }
            last = found
        }
        Issue.record("/ready answers \(last), not \(status) \(word)")
    }

    /// Rule of the house: no telephone number, no words and no key in a log above debug level.
    private static func expectNothingPrivate(in end: RouterBinary.State, call: CarrierCall) {
        let log = end.output + end.errors
        let (from, to) = call.record.read { ($0.from, $0.to) }
        let secrets = [from, to, ModelSettings().apiKey, ClaudeSettings().apiKey]
        for text in secrets + SpeechLine.allCases.map(\.text) { #expect(!log.contains(text)) }
    }
}
