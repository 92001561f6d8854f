import StandIns
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DialTests {
    private static func documents(_ port: Int) -> [String: String] {
        let action = "http://127.0.0.1:\(port)/after"
        return [
            "/laml": """
            <Response><Dial timeout="20" callerId="+15555550100" action="\(action)"><Number>+15555550190</Number></Dial>\
            <Say>never</Say></Response>
            """,
            "/after": "<Response><Hangup/></Response>", "/next": "<Response><Hangup/></Response>",
        ]
    }

    @Test(
        "the action is told how the dialled leg ended, and nothing after the dial runs",
        arguments: [
            (Callee.person, "completed"), (.absent, "no-answer"), (.engaged, "busy"), (.unreachable, "failed"),
        ]
    )
    func results(_ callee: Callee, _ status: String) async throws {
        try await CarrierBench.run(documents: Self.documents) { bench in
            bench.carrier.script("+15555550190", callee)
            let call = try await bench.place()
            #expect(try await call.ended() == .documentEnded)
            let record = call.record.current
            #expect(record.legs.map(\.status) == [status])
            #expect(record.legs.first?.callerID == "+15555550100")
            #expect(record.said.isEmpty && record.anomalies.isEmpty)
            let form = try #require(bench.requests("/after").first?.form)
            #expect(form["DialCallStatus"] == status)
            #expect(form["DialCallSid"] == record.legs.first?.callSID)
            #expect((form["DialCallDuration"] != nil) == (status == "completed"))
            #expect(form["CallSid"] == record.callSID)
        }
    }

    @Test("a dialled leg lasts until the person on it, the caller or the API ends it")
    func ends() async throws {
        try await CarrierBench.run(documents: Self.documents) { bench in
            bench.carrier.script("+15555550190", Callee(.answers(after: .zero)))
            func dialled(_ count: Int) async throws -> CarrierCall {
                let call = try await bench.place(count: count)
                try await call.record.wait(for: "the leg") { $0.legs.first?.answeredAt != nil ? () : nil }
                return call
            }
            let first = try await dialled(1)
            first.endDialledLeg()
            #expect(try await first.ended() == .documentEnded)
            let second = try await dialled(2)
            await second.hangUp()
            #expect(try await second.ended() == .callerHungUp)
            #expect(bench.requests("/after").count == 1)
            let third = try await dialled(3)
            #expect(try await bench.update(third, [("Url", bench.url("/next"))]).status == 200)
            #expect(try await third.ended() == .documentEnded)
            #expect(third.record.current.legs.first?.endedAt != nil)
            #expect(bench.requests("/after").count == 1 && bench.requests("/next").count == 1)
        }
    }

    @Test("one call's next dial goes as that call was told, and a number that cannot be dialled fails")
    func expectations() async throws {
        try await CarrierBench.run(documents: Self.documents) { bench in
            bench.carrier.script(CarrierBench.number, Callee(.answers(after: .milliseconds(200))))
            let call = try await bench.place()
            await call.expectDial(.engaged)
            _ = try await call.ended()
            #expect(call.record.current.legs.map(\.status) == ["busy"])
        }
        let bad = "<Response><Dial timeout=\"20\" callerId=\"+15555559999\">+15555550190</Dial></Response>"
        try await CarrierBench.run(documents: { _ in ["/laml": bad] }) { bench in
            let call = try await bench.place()
            _ = try await call.ended()
            #expect(call.record.current.legs.map(\.status) == ["failed"])
            #expect(call.record.current.anomalies.first?.contains("13214") == true)
        }
    }
}
