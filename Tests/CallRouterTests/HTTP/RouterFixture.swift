import CallActors
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Logging
import NIOCore
import NIOPosix

@testable import CallRouter

/// A main port on loopback with fakes behind it.
struct RouterFixture {
    let switchboard = FakeSwitchboard()
    let store = FakeStore()
    let media = FakeMedia()
    let webhooks = FakeWebhooks()
    let metering = RouteMetering()
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
            webhooks: self.checksSignatures ? self.webhooks : nil,
            metering: self.metering,
            refusal: "Not now & not here.",
            apology: "Something broke.",
            isKnownCaller: { $0 == "+15550199" },
            now: { Date(timeIntervalSince1970: 1_790_000_000.25) }
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

    /// The `code` of an error body.
    var errorCode: String? {
        struct Body: Decodable {
            struct Content: Decodable { let code: String }
            let error: Content
        }
        return try? JSONDecoder().decode(Body.self, from: Data(self.body.readableBytesView)).error.code
    }
}
