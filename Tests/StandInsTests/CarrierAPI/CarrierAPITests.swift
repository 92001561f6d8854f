import Foundation
import NIOHTTP1
import StandIns
import Testing

@Suite(.timeLimit(.minutes(1)))
struct CarrierAPITests {
    @Test("a wrong token, another account and an unknown path are refused with the carrier's codes")
    func authentication() async throws {
        try await CarrierBench.run { bench in
            let wrong = try await bench.send(.POST, bench.base + "/Calls", bench.order, token: "x")
            #expect(wrong.status == 401)
            #expect(wrong.body["code"] == 20003)
            #expect(wrong.body.keys == ["code", "message", "more_info", "status"])
            let other = "/api/laml/2010-04-01/Accounts/other/Calls"
            #expect(try await bench.send(.POST, other, bench.order).status == 401)
            #expect(try await bench.send(.GET, bench.base + "/Faxes/1").body["code"] == 20404)
            #expect(try await bench.send(.GET, bench.base + "/Calls/none").status == 404)
            #expect(try await bench.send(.GET, bench.base).body["status"] == "active")
            #expect(bench.carrier.calls.current.isEmpty)
        }
    }

    @Test(
        "an order is checked field by field, with the carrier's code for what is wrong",
        arguments: [
            ("To", nil, 21201), ("To", "5555550123", 21211), ("From", nil, 21213), ("From", "me", 21212),
            ("From", "+15555559999", 21210), ("Url", nil, 21205), ("Url", "laml", 21205),
            ("StatusCallbackEvent", "initiated ringing", 21626), ("AsyncAmdStatusCallback", nil, 21262),
            ("MachineDetection", "Yes", 21234), ("MachineDetectionTimeout", "0", 21234), ("Timeout", "601", 20001),
            ("SendDigits", "5x", 13321), ("Method", "PUT", 20001),
        ] as [(String, String?, Int)]
    )
    func orders(name: String, value: String?, code: Int) async throws {
        try await CarrierBench.run { bench in
            let order = bench.order.filter { $0.0 != name } + (value.map { [(name, $0)] } ?? [])
            let answer = try await bench.send(.POST, bench.base + "/Calls", order)
            #expect(answer.status == 400)
            #expect(answer.body["code"]?.int == code)
            #expect(bench.api.requests.current.last?.code == code)
            #expect(bench.carrier.calls.current.isEmpty)
        }
    }

    @Test("a live call is redirected: its stream is told to stop and closed, and the new document runs")
    func redirect() async throws {
        try await CarrierBench.run(
            documents: {
                ["/laml": FakeRouter.connect($0), "/next": "<Response><Say>Bye.</Say><Hangup/></Response>"]
            }
        ) { bench in
            bench.carrier.script(CarrierBench.number, Callee(.answers(after: .milliseconds(300))))
            let call = try await bench.place()
            #expect(try await bench.update(call, [("Url", bench.url("/next"))]).code == 21220)
            try await bench.router.waitForStart()
            #expect(try await bench.update(call, [("Status", "canceled")]).code == 10000)
            #expect(try await bench.update(call, [("Url", bench.url("/next")), ("Method", "POST")]).status == 200)
            #expect(try await call.ended() == .documentEnded)
            let record = call.record.current
            #expect(record.said == ["Bye."])
            #expect(record.redirects.map(\.url) == [bench.url("/next")])
            #expect(record.streams.count == 1)
            #expect(bench.router.state.current.messages.last?["event"] == "stop")
            #expect(try await bench.update(call, [("Url", bench.url("/next"))]).code == 21220)
            #expect(try await bench.update(call, [("Status", "completed")]).code == 21220)
        }
    }

    @Test("a live call is ended, and one that rings is cancelled")
    func ends() async throws {
        try await CarrierBench.run { bench in
            let ringing = Callee(.answers(after: .seconds(30)))
            bench.carrier.script(CarrierBench.number, .person, ringing, ringing)
            let live = try await bench.place()
            try await bench.router.waitForStart()
            #expect(try await bench.update(live, [("Status", "completed")]).status == 200)
            #expect(try await live.ended() == .endedByAPI)
            #expect(bench.router.state.current.messages.last?["event"] == "stop")
            for (index, status) in ["canceled", "completed"].enumerated() {
                let call = try await bench.place(count: 2 + index)
                try await call.record.wait(for: "ringing") { $0.status == .ringing ? () : nil }
                #expect(try await bench.update(call, [("Status", status)]).status == 200)
                #expect(try await call.ended() == .notAnswered(.canceled))
            }
        }
    }

    @Test("calls are listed newest first by number, state and date, in the shape of the call object")
    func lists() async throws {
        try await CarrierBench.run(documents: { _ in ["/laml": "<Response><Hangup/></Response>"] }) { bench in
            let first = try await bench.place()
            _ = try await first.ended()
            bench.carrier.script(CarrierBench.number, Callee(.answers(after: .seconds(30))))
            let second = try await bench.place(count: 2)
            try await second.record.wait(for: "ringing") { $0.status == .ringing ? () : nil }
            func list(_ query: String) async throws -> [String] {
                let answer = try await bench.send(.GET, bench.base + "/Calls?" + query)
                return answer.body["calls"]?.array?.compactMap { $0["sid"]?.string } ?? []
            }
            let (old, new) = (first.record.read(\.callSID), second.record.read(\.callSID))
            #expect(try await list("To=%2B15555550123") == [new, old])
            #expect(try await list("To=%2B15555550123&PageSize=1") == [new])
            #expect(try await list("To=%2B15555550124").isEmpty)
            #expect(try await list("Status=ringing") == [new])
            #expect(try await list("StartTime%3E=2999-01-01").isEmpty)
            #expect(try await list("StartTime%3E=2020-01-01T00:00:00Z").count == 2)
            let shown = try await bench.send(.GET, bench.base + "/Calls/\(old).json").body
            #expect(shown["status"] == "completed")
            #expect(shown["direction"] == "outbound")
            #expect(shown["duration"]?.int == 0)
            #expect(shown["start_time"]?.string?.hasSuffix(" +0000") == true)
        }
    }

    @Test("faults happen once each: refusals do nothing, dropped and late answers do what was asked")
    func faults() async throws {
        try await CarrierBench.run(documents: { _ in ["/laml": "<Response><Hangup/></Response>"] }) { bench in
            bench.api.fail(
                StandInAPIFault(.refuse(status: 429, code: 20429, retryAfterSeconds: 2), on: .create),
                StandInAPIFault(.refuse(status: 503, code: 20503)),
                StandInAPIFault(.drop, on: .create),
                StandInAPIFault(.dropAfterwards, on: .create),
                StandInAPIFault(.delay(.milliseconds(20)), on: .create)
            )
            let limited = try await bench.send(.POST, bench.base + "/Calls", bench.order)
            #expect(limited.status == 429)
            #expect(limited.headers.first(name: "Retry-After") == "2")
            #expect(try await bench.send(.POST, bench.base + "/Calls", bench.order).status == 503)
            await #expect(throws: (any Error).self) { try await bench.send(.POST, bench.base + "/Calls", bench.order) }
            #expect(bench.carrier.calls.current.isEmpty)
            await #expect(throws: (any Error).self) { try await bench.send(.POST, bench.base + "/Calls", bench.order) }
            _ = try await bench.carrier.call(to: CarrierBench.number).ended()
            #expect(try await bench.send(.POST, bench.base + "/Calls", bench.order).status == 201)
            _ = try await bench.carrier.call(to: CarrierBench.number, count: 2).ended()
            #expect(bench.api.requests.current.map(\.status) == [429, 503, nil, nil, 201])
        }
    }

    @Test("past the carrier's rate calls wait in its queue, in order")
    func rate() async throws {
        var settings = StandInAPISettings()
        settings.callsPerSecond = 5
        settings.listsErrors = true
        try await CarrierBench.run(api: settings, documents: { _ in ["/laml": "<Response><Hangup/></Response>"] }) {
            bench in
            for _ in 0..<3 { _ = try await bench.send(.POST, bench.base + "/Calls", bench.order) }
            #expect(bench.carrier.calls.current.last?.record.read(\.status) == .queued)
            let third = try await bench.carrier.call(to: CarrierBench.number, count: 3)
            #expect(try await third.ended() == .documentEnded)
            let answered = bench.carrier.calls.current.compactMap { $0.record.read(\.answeredAt) }
            #expect(answered.count == 3)
            #expect(zip(answered, answered.dropFirst()).allSatisfy { $0 < $1 })
            let wrong = try await bench.send(.POST, bench.base + "/Calls", [])
            #expect(wrong.body["errors"]?.array?.first?["code"] == "21201")
        }
    }

    @Test("as Twilio, paths end with .json, identifiers have their prefix and callbacks Twilio's signature")
    func twilio() async throws {
        try await CarrierBench.run(
            settings: {
                $0.dialect = .twilio
                $0.accountSID = "AC0123456789abcdef0123456789abcdef"
            },
            documents: { _ in ["/laml": "<Response><Hangup/></Response>"] }
        ) { bench in
            let base = "/2010-04-01/Accounts/\(bench.carrier.settings.accountSID)"
            #expect(try await bench.send(.POST, base + "/Calls", bench.order).status == 404)
            #expect(try await bench.send(.POST, bench.base + "/Calls.json", bench.order).status == 404)
            let answer = try await bench.send(.POST, base + "/Calls.json", bench.order)
            #expect(answer.status == 201)
            let callSID = try #require(answer.body["sid"]?.string)
            #expect(callSID.hasPrefix("CA") && callSID.count == 34)
            _ = try await bench.carrier.call(to: CarrierBench.number).ended()
            #expect(try await bench.send(.GET, base + "/Calls/\(callSID).json").status == 200)
        }
    }
}
