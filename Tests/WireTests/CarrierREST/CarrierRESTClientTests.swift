import Foundation
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import Wire

@Suite struct CarrierRESTClientTests {
    private static let order = CarrierRESTOrder(
        to: "+15551234567",
        from: "+15550001111",
        url: "https://r.example/laml/call/1",
        fallbackURL: "https://r.example/laml/fallback",
        statusCallback: "https://r.example/webhooks/signalwire/status?callId=1",
        detectionCallback: "https://r.example/webhooks/signalwire/amd?callId=1",
        timeout: 60
    )

    private static func answer(_ status: Int, _ body: String, _ headers: [(String, String)] = []) -> [ScriptedHTTPServer
        .Step]
    {
        [.head(status, headers + [("content-length", "\(body.utf8.count)")]), .body(body), .end]
    }

    private static func with(
        _ dialect: CarrierRESTDialect,
        script: @escaping ScriptedHTTPServer.Script,
        _ body: (CarrierRESTClient, ScriptedHTTPServer) async throws -> Void
    ) async throws {
        try await ScriptedHTTPServer.run(script: script) { server in
            let client = CarrierRESTClient(
                dialect: dialect,
                baseURL: server.url,
                account: "project-1",
                token: "secret-token",
                logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            let outcome: Result<Void, any Error>
            do { outcome = .success(try await body(client, server)) } catch { outcome = .failure(error) }
            await client.shutdown()
            try outcome.get()
        }
    }

    private static func error(_ body: () async throws(CarrierRESTError) -> Void) async -> CarrierRESTError? {
        do throws(CarrierRESTError) {
            try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("a call is placed with Basic authentication, all its addresses, and an event in each of its own fields")
    func create() async throws {
        try await Self.with(.signalWire) { _, _ in
            Self.answer(201, #"{"sid":"CA1","status":"queued"}"#)
        } _: { client, server in
            let call = try await client.create(Self.order)
            #expect(call == CarrierRESTCall(sid: "CA1", status: "queued"))
            let request = try #require(server.requests.first)
            #expect(request.head.method == .POST)
            #expect(request.head.uri == "/api/laml/2010-04-01/Accounts/project-1/Calls")
            let credentials = Data("project-1:secret-token".utf8).base64EncodedString()
            #expect(request.head.headers["authorization"] == ["Basic \(credentials)"])
            #expect(request.head.headers["content-type"] == ["application/x-www-form-urlencoded"])
            #expect(request.head.headers["content-length"] == ["\(request.body.utf8.count)"])
            let fields = request.body.split(separator: "&").map(String.init)
            #expect(
                fields == [
                    "To=%2B15551234567", "From=%2B15550001111", "Url=https%3A%2F%2Fr.example%2Flaml%2Fcall%2F1",
                    "Method=POST",
                    "FallbackUrl=https%3A%2F%2Fr.example%2Flaml%2Ffallback", "FallbackMethod=POST",
                    "StatusCallback=https%3A%2F%2Fr.example%2Fwebhooks%2Fsignalwire%2Fstatus%3FcallId%3D1",
                    "StatusCallbackMethod=POST", "StatusCallbackEvent=initiated", "StatusCallbackEvent=ringing",
                    "StatusCallbackEvent=answered", "StatusCallbackEvent=completed", "Timeout=60",
                    "MachineDetection=DetectMessageEnd", "AsyncAmd=true",
                    "AsyncAmdStatusCallback=https%3A%2F%2Fr.example%2Fwebhooks%2Fsignalwire%2Famd%3FcallId%3D1",
                    "AsyncAmdStatusCallbackMethod=POST",
                ]
            )
        }
    }

    @Test("Twilio's paths end in .json; a call is changed, looked up and listed there")
    func twilio() async throws {
        let script: ScriptedHTTPServer.Script = { index, _ in
            switch index {
            case 0: Self.answer(200, "{}")
            case 1: Self.answer(200, #"{"sid":"CA 1","status":"in-progress"}"#)
            case 2: Self.answer(200, #"{"calls":[{"sid":"CA2","status":"ringing"}]}"#)
            default: Self.answer(200, "[]")
            }
        }
        try await Self.with(.twilio, script: script) { client, server in
            try await client.update("CA 1", ["Url": "https://r.example/t", "Method": "POST"])
            #expect(try await client.call("CA 1").status == "in-progress")
            let since = Date(timeIntervalSince1970: 1_786_348_937)
            #expect(try await client.calls(to: "+15551234567", since: since)?.map(\.sid) == ["CA2"])
            #expect(try await client.calls(to: "+15551234567", since: since) == nil)
            let requests = server.requests
            #expect(requests.map(\.head.method.rawValue) == ["POST", "GET", "GET", "GET"])
            #expect(requests[0].head.uri == "/2010-04-01/Accounts/project-1/Calls/CA%201.json")
            #expect(requests[0].body == "Url=https%3A%2F%2Fr.example%2Ft&Method=POST")
            #expect(requests[1].head.uri == "/2010-04-01/Accounts/project-1/Calls/CA%201.json")
            #expect(
                requests[2].head.uri
                    == "/2010-04-01/Accounts/project-1/Calls.json?To=%2B15551234567&StartTime%3E=2026-08-10&PageSize=50"
            )
        }
    }

    @Test(
        "an error tells its status, its code and the wait that it asks for, and no word of the request",
        arguments: [
            (400, #"{"code":21211,"message":"The 'To' number +15551234567 is not valid"}"#, "21211", nil),
            (429, #"{"code":20429}"#, "20429", 7), (503, "<html>busy</html>", nil, nil), (302, "", nil, nil),
        ] as [(Int, String, String?, Int?)]
    )
    func errors(_ status: Int, _ body: String, _ code: String?, _ wait: Int?) async throws {
        let headers = wait.map { [("retry-after", "\($0)")] } ?? []
        let moved = status == 302 ? [("location", "http://127.0.0.1:1/")] : []
        try await Self.with(.signalWire) { _, _ in
            Self.answer(status, body, headers + moved)
        } _: { client, _ in
            let error = await Self.error { () async throws(CarrierRESTError) in _ = try await client.create(Self.order)
            }
            let failure = CarrierRESTFailure(status: status, code: code, retryAfter: wait.map { .seconds($0) })
            #expect(error == .refused(failure))
            #expect(!"\(error.map(\.description) ?? "")".contains("5551234567"))
        }
    }

    @Test("a request that found no connection was never sent")
    func neverSent() async throws {
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        try await listener.close()
        let client = CarrierRESTClient(
            dialect: .signalWire,
            baseURL: "http://127.0.0.1:\(port)",
            account: "p",
            token: "t",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        let error = await Self.error { () async throws(CarrierRESTError) in _ = try await client.create(Self.order) }
        await client.shutdown()
        guard case .notSent = error else {
            Issue.record("the request counts as \(String(describing: error))")
            return
        }
    }

    @Test(
        "a request that was read and not answered may have been carried out",
        arguments: [
            [.close], [.head(201, [("content-length", "30")]), .body("{"), .close],
            [.head(201, [("content-length", "2")]), .body("{}"), .end],
        ] as [[ScriptedHTTPServer.Step]]
    )
    func unanswered(_ steps: [ScriptedHTTPServer.Step]) async throws {
        try await Self.with(.signalWire) { _, _ in
            steps
        } _: { client, server in
            let error = await Self.error { () async throws(CarrierRESTError) in _ = try await client.create(Self.order)
            }
            #expect(server.requests.count == 1)
            guard case .unanswered = error else {
                Issue.record("the request counts as \(String(describing: error))")
                return
            }
        }
    }

    @Test("a status stands also where the rest of the error does not arrive")
    func cutError() async throws {
        let steps: [ScriptedHTTPServer.Step] = [.head(500, [("content-length", "30")]), .body("{"), .close]
        try await Self.with(.signalWire) { _, _ in
            steps
        } _: { client, _ in
            let error = await Self.error { () async throws(CarrierRESTError) in _ = try await client.create(Self.order)
            }
            #expect(error == .refused(CarrierRESTFailure(status: 500)))
        }
    }
}
