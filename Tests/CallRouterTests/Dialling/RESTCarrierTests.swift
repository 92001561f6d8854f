import CallActors
import Foundation
import Synchronization
import Testing

@testable import CallRouter

@Suite struct RESTCarrierTests {
    private static func error<Value>(_ body: () async throws(CarrierError) -> Value) async -> CarrierError? {
        do throws(CarrierError) {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    private static let order = OutboundCall(
        callID: "c1",
        to: "+15551234567",
        from: "+15550001111",
        url: "https://r.example/laml/call/c1",
        fallbackURL: "https://r.example/laml/fallback",
        statusCallback: "https://r.example/webhooks/signalwire/status?callId=c1",
        amdCallback: "https://r.example/webhooks/signalwire/amd?callId=c1"
    )

    @Test("a call is placed with its own addresses; what the carrier says decides whether it may be asked again")
    func create() async throws {
        let script: CarrierRESTDouble.Script = { index, _ in
            switch index {
            case 0: .call("CA1", "queued", http: 201)
            case 1: .error(429, 20_429)
            case 2: .error(500, 20_500)
            default: .error(400, 21_211)
            }
        }
        try await CarrierRESTDouble.run(script) { carrier, double in
            #expect(try await carrier.create(Self.order) == "CA1")
            let form = try #require(double.asked.first?.form)
            #expect(form["Url"] == "https://r.example/laml/call/c1" && form["Timeout"] == "60")
            #expect(form["AsyncAmd"] == "true" && form["MachineDetection"] == "DetectMessageEnd")
            #expect(
                form.pairs.filter { $0.name == "StatusCallbackEvent" }.map(\.value) == [
                    "initiated", "ringing", "answered", "completed",
                ]
            )
            #expect(
                await Self.error { () async throws(CarrierError) in try await carrier.create(Self.order) }
                    == .rateLimited(retryAfter: nil)
            )
            #expect(
                await Self.error { () async throws(CarrierError) in try await carrier.create(Self.order) }
                    == .unavailable("HTTP 500")
            )
            #expect(
                await Self.error { () async throws(CarrierError) in try await carrier.create(Self.order) }
                    == .rejected(status: 400, code: "21211")
            )
            #expect(carrier.sendsDigitsOnStream)
        }
    }

    @Test("a call is redirected by POST")
    func redirect() async throws {
        try await CarrierRESTDouble.run { _, _ in
            .call("CA1", "in-progress")
        } _: { carrier, double in
            try await carrier.redirect(callSID: "CA1", to: "https://r.example/t")
            #expect(double.asked.map(\.path) == ["/Calls/CA1"])
            #expect(double.asked.first?.form == URLEncodedForm("Url=https%3A%2F%2Fr.example%2Ft&Method=POST"))
        }
    }

    @Test("a call is hung up as completed, and as canceled where it only rings and the carrier insists")
    func hangUp() async throws {
        let script: CarrierRESTDouble.Script = { _, asked in
            asked.form["Status"] == "completed" && asked.path == "/Calls/CA2"
                ? .error(400, 21_220) : .call("CA", "canceled")
        }
        try await CarrierRESTDouble.run(script) { carrier, double in
            try await carrier.hangUp(callSID: "CA1")
            try await carrier.hangUp(callSID: "CA2")
            #expect(double.asked.map { $0.form["Status"] } == ["completed", "completed", "canceled"])
        }
    }

    @Test("a call that is over already counts as hung up; one that is unknown does not")
    func hangUpLate() async throws {
        let script: CarrierRESTDouble.Script = { _, asked in
            if asked.path == "/Calls/CA9" { return .error(404, 20_404) }
            return asked.method == "GET" ? .call("CA1", "completed") : .error(400, 21_220)
        }
        try await CarrierRESTDouble.run(script) { carrier, _ in
            try await carrier.hangUp(callSID: "CA1")
            let error = await Self.error { () async throws(CarrierError) in try await carrier.hangUp(callSID: "CA9") }
            #expect(error == .rejected(status: 404, code: "20404"))
        }
    }

    @Test("a call is looked up; a status that no carrier has is no answer")
    func fetch() async throws {
        let script: CarrierRESTDouble.Script = { index, _ in
            index == 0 ? .call("CA1", "No-Answer", created: "Mon, 10 Aug 2026 08:02:17 +0000") : .call("CA1", "asleep")
        }
        try await CarrierRESTDouble.run(script) { carrier, _ in
            let created = Date(timeIntervalSince1970: 1_786_348_937)
            let state = try await carrier.fetch(callSID: "CA1")
            #expect(state == CarrierCallState(callSID: "CA1", status: .noAnswer, createdAt: created))
            guard
                case .unavailable = await Self.error({ () async throws(CarrierError) in
                    try await carrier.fetch(callSID: "CA1")
                })
            else {
                Issue.record("a strange status is taken for an answer")
                return
            }
        }
    }

    @Test("the list holds the calls since the dialling, and a carrier without a list says so")
    func list() async throws {
        let since = Date(timeIntervalSince1970: 1_786_348_937)
        let script: CarrierRESTDouble.Script = { index, _ in
            let calls = [("CA3", "08:02:20"), ("CA2", "08:02:00"), ("CA1", "08:00:00")].map {
                #"{"sid":"\#($0)","status":"ringing","date_created":"Mon, 10 Aug 2026 \#($1) +0000"}"#
            }
            return index == 0
                ? .init(status: 200, body: #"{"calls":[\#(calls.joined(separator: ","))]}"#) : .error(404, 20_404)
        }
        try await CarrierRESTDouble.run(script) { carrier, double in
            let calls = try await carrier.calls(to: "+15551234567", since: since)
            #expect(calls?.map(\.callSID) == ["CA3", "CA2"], "thirty seconds are left to the carrier's clock")
            #expect(try await carrier.calls(to: "+15551234567", since: since) == nil)
            #expect(double.asked.first?.path == "/Calls?To=%2B15551234567&StartTime%3E=2026-08-10&PageSize=50")
        }
    }

    // MARK: - The dialler over it

    @Test("the running dialler places due calls over HTTP, takes further ones when woken, and ends when cancelled")
    func dialler() async throws {
        let script: CarrierRESTDouble.Script = { index, _ in .call("CA\(index)", "queued", http: 201) }
        try await CarrierRESTDouble.run(script) { carrier, double in
            let bed = try DialBed()
            let line = DialLine(
                carrier: carrier,
                number: "+15550001111",
                publicURL: try PublicURL("https://router.example"),
                fallbackURL: nil
            )
            let dialler = Dialler(
                store: bed.store,
                switchboard: SwitchboardDouble(store: bed.store) { Date() },
                numbers: bed.numbers,
                line: line,
                settings: DialSettings(callsPerSecond: 100, rules: DialRules(retryMinutes: [])),
                metering: bed.metering,
                logger: .silent
            )
            try await bed.order("c1", dialAt: Date())
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await dialler.run() }
                let first = await double.next()
                #expect(first?.path == "/Calls" && first?.form["To"] == DialBed.number)
                #expect(first?.form["StatusCallback"] == "https://router.example/webhooks/signalwire/status?callId=c1")
                do { try await bed.order("c2", to: "+15557654321", dialAt: Date()) } catch { Issue.record(error) }
                dialler.wake()
                let second = await double.next()
                #expect(second?.form["To"] == "+15557654321")
                group.cancelAll()
            }
            #expect(double.asked.count == 2)
        }
    }
}
