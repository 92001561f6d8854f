import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import CallRouter

@Suite("Who may use the API")
struct APIAccessTests {
    @Test("with a token only its bearer is answered")
    func bearer() async throws {
        try await RouterFixture([
            "ROUTER_API_TOKEN": "s3cret", "PUBLIC_URL": "https://a.example", "WEBHOOK_AUTH": "off",
        ])
        .serve { server async throws in
            let answers: [(String?, HTTPResponse.Status)] = [
                (nil, .unauthorized), ("Bearer wrong", .unauthorized), ("s3cret", .unauthorized),
                ("Basic s3cret", .unauthorized), ("Bearer ", .unauthorized), ("Bearer s3cret", .ok),
                ("bearer s3cret", .ok),
            ]
            for (value, status) in answers {
                var headers = HTTPFields()
                headers[.authorization] = value
                try await server.execute(uri: "/v1/calls", method: .get, headers: headers) { response in
                    #expect(response.status == status, "\(value ?? "nothing")")
                    if status == .unauthorized {
                        #expect(response.errorCode == "unauthorized")
                        #expect(response.headers[.wwwAuthenticate] == "Bearer")
                    }
                }
            }
        }
    }

    @Test("without a token local programs are answered, but not through a proxy")
    func localPeers() async throws {
        try await RouterFixture([:]).serve { server async throws in
            try await server.execute(uri: "/v1/calls", method: .get) { #expect($0.status == .ok) }
            for name in ["Forwarded", "X-Forwarded-For", "x-forwarded-proto", "X-Forwarded-Anything"] {
                let headers: HTTPFields = [try #require(HTTPField.Name(name)): "x"]
                try await server.execute(uri: "/v1/calls", method: .get, headers: headers) { response in
                    #expect(response.status == .unauthorized, "\(name)")
                }
            }
        }
    }

    @Test("without a token nobody is answered where the world reaches the router")
    func publicWithoutToken() async throws {
        try await RouterFixture(["PUBLIC_URL": "https://a.example", "SIGNALWIRE_SIGNING_KEY": "k"]).serve {
            server async throws in
            try await server.execute(uri: "/v1/calls", method: .get) { #expect($0.status == .unauthorized) }
        }
    }

    @Test("too many requests are put off, and guesses do not use up the rightful client's")
    func rateLimit() async throws {
        let fixture = RouterFixture(["ROUTER_API_TOKEN": "t", "API_REQUESTS_PER_MINUTE": "3"])
        try await fixture.serve { server async throws in
            for index in 0..<5 {
                try await server.execute(uri: "/v1/calls", method: .get) { response in
                    #expect(response.status == (index < 3 ? .unauthorized : .tooManyRequests))
                }
            }
            for index in 0..<4 {
                try await server.execute(uri: "/v1/calls", method: .get, headers: [.authorization: "Bearer t"]) {
                    response in
                    #expect(response.status == (index < 3 ? .ok : .tooManyRequests))
                    guard index == 3 else { return }
                    #expect(response.errorCode == "rate_limited")
                    let wait = response.headers[.retryAfter].flatMap { Int($0) } ?? 0
                    #expect((1...20).contains(wait))
                }
            }
        }
        #expect(fixture.metering.rejections.withLock { $0 } == [.rateLimited, .rateLimited, .rateLimited])
    }
}
