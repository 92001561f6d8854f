import Foundation
import NIOHTTP1
import StandIns
import Testing

@Suite(.timeLimit(.minutes(1)))
struct PlacedCallTests {
    private let hangup = "<Response><Hangup/></Response>"

    @Test("an order rings, is answered, runs its document and reports every state, signed and counted")
    func answered() async throws {
        try await CarrierBench.run { bench in
            let call = try await bench.place()
            try await bench.router.waitForStart()
            await call.hangUp()
            let record = try await bench.settled(call, callbacks: 4)
            #expect(record.end == .callerHungUp)
            let status = bench.requests("/status")
            #expect(
                status.map { $0.form["CallStatus"] } == ["initiated", "ringing", "in-progress", "completed"]
            )
            #expect(status.map { $0.form["SequenceNumber"] } == ["0", "1", "2", "3"])
            #expect(status.allSatisfy { $0.form["CallSid"] == record.callSID && $0.uri == "/status?callId=c-1" })
            #expect(status.allSatisfy { $0.form["Direction"] == "outbound-api" && $0.form["Timestamp"] != nil })
            #expect(status.last?.form["CallDuration"] == "0")
            let fetch = try #require(bench.requests("/laml").first)
            #expect(fetch.form["To"] == CarrierBench.number)
            #expect(fetch.form["From"] == bench.carrier.settings.ownNumber)
            for request in status + [fetch] {
                let form = request.form.map { (name: $0.key, value: $0.value) }
                let signer = WebhookSigner(key: CarrierBench.signingKey)
                #expect(request.signature == signer.signature(url: bench.url(request.uri), form: form))
            }
        }
    }

    @Test(
        "a call that nobody takes ends in its own state, without a document",
        arguments: [
            (Callee.absent, PhoneStatus.noAnswer), (Callee.engaged, .busy), (Callee.unreachable, .failed),
        ]
    )
    func notAnswered(_ callee: Callee, _ expected: PhoneStatus) async throws {
        try await CarrierBench.run { bench in
            bench.carrier.script(CarrierBench.number, callee)
            let call = try await bench.place()
            let record = try await bench.settled(call, callbacks: 3)
            #expect(record.end == .notAnswered(expected))
            #expect(bench.requests("/laml").isEmpty)
            #expect(bench.requests("/status").last?.form["CallStatus"] == expected.rawValue)
            let shown = try await bench.send(.GET, bench.base + "/Calls/\(record.callSID)")
            #expect(shown.body["status"]?.string == expected.rawValue)
        }
    }

    @Test("a number is scripted call by call, and the ring time of the order ends a call that rings longer")
    func scripted() async throws {
        try await CarrierBench.run { bench in
            bench.carrier.script(CarrierBench.number, .engaged, Callee(.answers(after: .seconds(30))))
            let first = try await bench.place()
            #expect(try await first.ended() == .notAnswered(.busy))
            let second = try await bench.place(bench.order + [("Timeout", "1")], count: 2)
            #expect(try await second.ended() == .notAnswered(.noAnswer))
        }
    }

    @Test("callbacks come late, twice, out of order or not at all where that is scripted, each with its number")
    func callbacks() async throws {
        try await CarrierBench.run(documents: { _ in ["/laml": self.hangup] }) { bench in
            var callee = Callee(.answers(after: .milliseconds(10)))
            callee.deliveries = { status in
                switch status {
                case .initiated: []
                case .ringing: [.milliseconds(400)]
                case .completed: [.zero, .zero]
                default: [.zero]
                }
            }
            bench.carrier.script(CarrierBench.number, callee)
            let record = try await bench.settled(try await bench.place(), callbacks: 4)
            #expect(record.callbacks.map(\.value) == ["in-progress", "completed", "completed", "ringing"])
            #expect(bench.requests("/status").map { $0.form["SequenceNumber"] } == ["2", "3", "3", "1"])
        }
    }

    @Test("only the events that were asked for are reported, and a callback that fails is tried three times")
    func events() async throws {
        try await CarrierBench.run(
            settings: { $0.callbackRetryGap = .milliseconds(1) },
            documents: { _ in ["/laml": self.hangup] }
        ) { bench in
            let order = bench.order.filter { !$0.0.hasPrefix("StatusCallback") }
            let quiet = try await bench.place(order)
            _ = try await quiet.ended()
            #expect(bench.requests("/status").isEmpty)
            let lost = order + [("StatusCallback", "http://127.0.0.1:\(bench.router.server.port)0/status")]
            let record = try await bench.settled(try await bench.place(lost, count: 2), callbacks: 1)
            #expect(record.callbacks.map(\.tries) == [[0, 0, 0]])
            #expect(record.anomalies.count == 1)
        }
    }

    @Test("who answered is told after its time, beside the document; without a callback the document waits for it")
    func detection() async throws {
        try await CarrierBench.run(documents: { _ in ["/laml": "<Response><Pause length=\"1\"/></Response>"] }) {
            bench in
            bench.carrier.script(
                CarrierBench.number,
                Callee(.answers(after: .zero), detection: Callee.Detection("machine_start", after: .milliseconds(50)))
            )
            let record = try await bench.settled(try await bench.place(), callbacks: 5)
            #expect(bench.requests("/amd").first?.form["AnsweredBy"] == "machine_start")
            #expect(bench.requests("/amd").first?.form["CallSid"] == record.callSID)
            #expect(bench.requests("/laml").first?.form["AnsweredBy"] == nil)
            let shown = try await bench.send(.GET, bench.base + "/Calls/\(record.callSID)")
            #expect(shown.body["answered_by"] == "machine")
            let order = bench.order.filter { !$0.0.hasPrefix("AsyncAmd") }
            _ = try await bench.place(order, count: 2).ended()
            #expect(bench.requests("/laml").last?.form["AnsweredBy"] == "machine_start")
        }
    }

    @Test("where the document cannot be had, the fallback's runs")
    func fallback() async throws {
        try await CarrierBench.run(documents: { ["/fallback": FakeRouter.connect($0)] }) { bench in
            var order = bench.order.filter { $0.0 != "Url" }
            order.append(("Url", bench.url("/missing")))
            let call = try await bench.place(order)
            try await bench.router.waitForStart()
            await call.hangUp()
            #expect(try await call.ended() == .callerHungUp)
            #expect(call.record.current.fetches.map(\.status) == [404, 200])
        }
    }

    @Test("digits of the order are played before the document, those of a document where it says so")
    func digits() async throws {
        try await CarrierBench.run(documents: { _ in ["/laml": "<Response><Play digits=\"1w#\"/></Response>"] }) {
            bench in
            let call = try await bench.place(bench.order + [("SendDigits", "42")])
            #expect(try await call.ended() == .documentEnded)
            #expect(call.record.current.playedDigits == "421#")
        }
    }
}
