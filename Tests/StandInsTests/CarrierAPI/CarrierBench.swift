import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import StandIns

/// A stand-in carrier with its REST API, and the smallest program that uses both: documents by path, callbacks noted.
struct CarrierBench: Sendable {
    let router: FakeRouter
    let carrier: StandInCarrier
    let api: StandInCarrierAPI

    /// An order that the carrier did not take.
    struct NotPlaced: Error {
        var status: Int
        var answer: String
    }

    static let number = "+15555550123"
    static let signingKey = "PSK_bench"

    /// Runs `body` with a bench whose program answers `documents` by path; everything else with 204, as a callback.
    static func run(
        settings change: (inout CarrierSettings) -> Void = { _ in },
        api apiSettings: StandInAPISettings = StandInAPISettings(),
        documents: @escaping @Sendable (Int) -> [String: String] = { ["/laml": FakeRouter.connect($0)] },
        _ body: (CarrierBench) async throws -> Void
    ) async throws {
        let port = Record(0)
        let router = try await FakeRouter.start { path, _ in
            documents(port.current)[path].map { .success($0) }
                ?? .failure(FakeRouter.Refused(status: path == "/missing" ? .notFound : .noContent))
        }
        port.update { $0 = router.server.port }
        var settings = router.settings
        settings.signingKey = Self.signingKey
        change(&settings)
        let carrier = StandInCarrier(settings: settings)
        let api = try await StandInCarrierAPI.start(for: carrier, settings: apiSettings)
        do {
            try await body(CarrierBench(router: router, carrier: carrier, api: api))
        } catch {
            await api.stop()
            await router.server.stop()
            throw error
        }
        await api.stop()
        await router.server.stop()
    }

    /// The address of a path of the program.
    func url(_ path: String) -> String { "http://127.0.0.1:\(self.router.server.port)\(path)" }

    /// The fields of an order as a careful program sends them.
    var order: [(String, String)] {
        [
            ("To", Self.number), ("From", self.carrier.settings.ownNumber), ("Url", self.url("/laml")),
            ("FallbackUrl", self.url("/fallback")), ("StatusCallback", self.url("/status?callId=c-1")),
            ("StatusCallbackEvent", "initiated"), ("StatusCallbackEvent", "ringing"),
            ("StatusCallbackEvent", "answered"), ("StatusCallbackEvent", "completed"),
            ("MachineDetection", "DetectMessageEnd"), ("AsyncAmd", "true"),
            ("AsyncAmdStatusCallback", self.url("/amd?callId=c-1")),
        ]
    }

    var base: String { "/api/laml/2010-04-01/Accounts/\(self.carrier.settings.accountSID)" }

    /// Uses the API.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        _ form: [(String, String)] = [],
        token: String = StandInAPISettings().apiToken
    ) async throws -> (status: Int, body: StandInJSON, headers: HTTPHeaders) {
        var request = HTTPClientRequest(url: self.api.url + path)
        request.method = method
        let login = Data("\(self.carrier.settings.accountSID):\(token)".utf8).base64EncodedString()
        request.headers.add(name: "Authorization", value: "Basic \(login)")
        if method == .POST {
            request.headers.add(name: "Content-Type", value: "application/x-www-form-urlencoded")
            let unreserved = CharacterSet.alphanumerics
            let pairs = form.map { name, value in
                "\(name)=\(value.addingPercentEncoding(withAllowedCharacters: unreserved) ?? "")"
            }
            request.body = .bytes(ByteBuffer(string: pairs.joined(separator: "&")))
        }
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
        let body = try await response.body.collect(upTo: 1 << 20)
        return (Int(response.status.code), try StandInJSON(parsing: body), response.headers)
    }

    /// Orders a call and waits for it.
    func place(_ order: [(String, String)]? = nil, count: Int = 1) async throws -> CarrierCall {
        let (status, body, _) = try await self.send(.POST, self.base + "/Calls", order ?? self.order)
        guard status == 201 else { throw NotPlaced(status: status, answer: body.text) }
        return try await self.carrier.call(to: Self.number, count: count)
    }

    func update(_ call: CarrierCall, _ form: [(String, String)]) async throws -> (status: Int, code: Int?) {
        let (status, body, _) = try await self.send(.POST, self.base + "/Calls/\(call.record.read(\.callSID))", form)
        return (status, body["code"]?.int)
    }

    /// Waits for the end of a call and all that is told of it.
    func settled(_ call: CarrierCall, callbacks: Int) async throws -> CarrierCallRecord {
        try await call.record.wait(for: "the end and \(callbacks) callbacks") { record in
            record.end != nil && record.callbacks.count >= callbacks ? record : nil
        }
    }

    /// The requests to a path, in order.
    func requests(_ path: String) -> [FakeRouter.Request] {
        self.router.state.read { state in state.requests.filter { $0.path == path } }
    }
}
