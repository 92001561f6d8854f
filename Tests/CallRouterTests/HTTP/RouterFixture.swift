import CallActors
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix
import Wire

@testable import CallRouter

/// A main port on loopback with fakes behind it.
struct RouterFixture {
    let switchboard = FakeSwitchboard()
    let store = FakeStore()
    let media = FakeMedia()
    let webhooks = FakeWebhooks()
    let metering = RouteMetering()
    let intake = FakeIntake()
    let carrier = FakeCarrier()
    let events = FakeCarrierEvents()
    let hub = CallEventHub()
    /// Calls can be placed, transferred and hung up at the carrier.
    var hasCarrier = true
    /// There is anything that places calls at all.
    var hasOutbound = true
    /// Real signatures in place of the fake ones.
    var signature: WebhookSignature?
    var environment: [String: String]
    var checksSignatures = false
    var limits = HTTPLimits()

    /// - Parameter environment: Over what is needed in any case.
    init(_ environment: [String: String] = ["PUBLIC_URL": "http://127.0.0.1:8080"]) {
        self.environment = environment
    }

    static let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    static func configuration(_ environment: [String: String]) throws -> RouterConfiguration {
        let needed = [
            "OPENAI_API_KEY": "key", "ANTHROPIC_API_KEY": "key", "BIND_ADDRESS": "127.0.0.1", "PORT": "0",
            "METRICS_PORT": "0",
        ]
        return try RouterConfiguration(environment: needed.merging(environment) { _, new in new })
    }

    func services() throws -> HTTPServices {
        HTTPServices(
            configuration: try Self.configuration(self.environment),
            switchboard: self.switchboard,
            store: self.store,
            media: self.media,
            tokens: FakeTokens(),
            webhooks: self.signature ?? (self.checksSignatures ? self.webhooks : nil),
            metering: self.metering,
            refusal: "Not now & not here.",
            apology: "Something broke.",
            outbound: self.hasOutbound ? self.outbound : nil,
            isKnownCaller: { $0 == "+15550199" },
            inboundContext: { number in
                number == "+15550177"
                    ? KnownCaller(leadID: "lead-1", businessID: "b-1", context: ["service_category": "roofing"]) : nil
            },
            now: { Date(timeIntervalSince1970: 1_790_000_000.25) }
        )
    }

    private var outbound: OutboundServices {
        OutboundServices(
            intake: self.intake,
            store: self.store,
            numbers: FakeNumbers(),
            events: self.events,
            carrier: self.hasCarrier ? self.carrier : nil,
            hub: self.hub
        )
    }

    /// Serves while `body` runs.
    func serve<Value: Sendable>(
        _ body: @escaping @Sendable (any TestClientProtocol) async throws -> Value
    ) async throws -> Value {
        let app = RouterServer.main(
            try self.services(),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            limits: self.limits,
            logger: Self.logger
        )
        return try await app.test(.live, body)
    }

    /// A call on record.
    static func record(
        _ callID: String,
        sid: String? = nil,
        status: CallRecord.Status,
        createdAt: Date = Date(timeIntervalSince1970: 1_790_000_000)
    ) -> CallRecord {
        CallRecord(callID: callID, callSID: sid, direction: .inbound, status: status, createdAt: createdAt)
    }
}

extension TestResponse {
    var text: String { String(buffer: self.body) }

    /// The body as JSON.
    var json: JSONDocument? { JSONDocument(parsing: self.text) }

    /// The names of the bad fields in an error body.
    var badFields: Set<String> {
        guard case .object(let fields)? = self.json?["error"]?["fields"] else { return [] }
        return Set(fields.keys)
    }

    /// The `code` of an error body.
    var errorCode: String? {
        struct Body: Decodable {
            struct Content: Decodable { let code: String }
            let error: Content
        }
        return try? JSONDecoder().decode(Body.self, from: Data(self.body.readableBytesView)).error.code
    }
}
