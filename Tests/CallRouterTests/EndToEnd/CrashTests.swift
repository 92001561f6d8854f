import Foundation
import StandIns
import Testing

@Suite("The real binary after SIGKILL", .serialized, .timeLimit(.minutes(3)))
struct CrashTests {
    @Test("a call that nobody comes back to is finished by the next start: every line, one outcome")
    func finishedByTheNextStart() async throws {
        try await EndToEndBed.run { bed in
            let (callID, _) = try await Self.crashInTheMiddle(of: bed)
            let (second, port) = try await bed.start(environment: ["RESUME_SECONDS": "0.5"])
            let (status, waiting) = try await EndToEndBed.get("/v1/calls/\(callID)", port: port)
            #expect(status == 200)
            #expect(waiting["transcript"]?.array?.first?["content"]?.string == SpeechLine.greeting.text)
            // The summary is asked for once the call has waited in vain.
            try await bed.claude.record.wait(for: "the summary", within: .seconds(30)) {
                $0.requests.isEmpty ? nil : ()
            }
            second.signal(SIGTERM)
            #expect(try await second.end().status == 0)
            let account = try await bed.account(of: callID)
            #expect(account["status"]?.string == "completed")
            #expect(account["end_reason"]?.string == "crashed")
            #expect(account["outcome"]?.string == "goal_achieved")
            let contents = account["transcript"]?.array?.compactMap { $0["content"]?.string } ?? []
            #expect(contents == [SpeechLine.greeting, .callerHours, .hours].map(\.text))
            #expect(bed.claude.record.read { $0.requests(.summary).count } == 1, "one summary for one call")
        }
    }

    @Test("a call whose stream comes back goes on where it was, and remembers what was said")
    func resumed() async throws {
        try await EndToEndBed.run { bed in
            let (callID, callSID) = try await Self.crashInTheMiddle(of: bed)
            let (second, _) = try await bed.start(environment: ["RESUME_SECONDS": "30"])
            // The carrier's fallback: it knows the call by its own identifier only.
            let call = bed.carrier.makeCall(callSID: callSID)
            async let line: Void = call.run(from: "/laml/fallback")
            try await call.record.wait(for: "the stream", within: .seconds(20)) { $0.streams.isEmpty ? nil : () }
            try await call.say(.callerInterrupts)
            try await call.listen(toAnswer: .correction)
            await call.hangUp()
            await line
            #expect(call.record.read(\.callID) == callID)
            second.signal(SIGTERM)
            #expect(try await second.end().status == 0)
            let account = try await bed.account(of: callID)
            #expect(account["end_reason"]?.string == "caller_hangup")
            #expect(account["outcome"]?.string == "goal_achieved")
            let contents = account["transcript"]?.array?.compactMap { $0["content"]?.string } ?? []
            let expected: [SpeechLine] = [.greeting, .callerHours, .hours, .callerInterrupts, .correction]
            #expect(contents == expected.map(\.text))
        }
    }

    /// Plays the first turns of a call and kills the router without warning.
    private static func crashInTheMiddle(of bed: EndToEndBed) async throws -> (callID: String, callSID: String) {
        let (first, _) = try await bed.start()
        let call = bed.carrier.makeCall()
        async let line: Void = call.run()
        try await call.listen(toAnswer: .greeting)
        try await call.say(.callerHours)
        // Silence of 700 ms follows the answer: more than the 250 ms that a crash may cost.
        try await call.listen(toAnswer: .hours)
        first.signal(SIGKILL)
        #expect(try await first.end().status == -SIGKILL)
        await line
        let callSID = call.record.read(\.callSID)
        return (try #require(call.record.read(\.callID)), callSID)
    }
}
