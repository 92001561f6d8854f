import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import CallRouter

@Suite("The routes of the main port")
struct RouteTests {
    @Test("health tells status, calls and uptime in the promised form")
    func health() async throws {
        let fixture = RouterFixture()
        fixture.switchboard.set { $0.activeCallCount = 2 }
        try await fixture.serve { server async throws in
            try await server.execute(uri: "/health", method: .get) { response in
                #expect(response.status == .ok)
                #expect(
                    response.text.wholeMatch(of: /\{"status":"healthy","activeCalls":2,"uptime":\d+\.\d{3}\}/) != nil
                )
                #expect(response.headers[.contentType] == "application/json; charset=utf-8")
                #expect(response.headers[.date] != nil)
            }
            fixture.switchboard.set { $0.isDraining = true }
            try await server.execute(uri: "/health", method: .get) { response in
                #expect(response.status == .ok, "a draining router lives")
                #expect(response.text.hasPrefix(#"{"status":"draining""#))
            }
        }
    }

    @Test("ready turns away while draining and at capacity")
    func ready() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            try await server.execute(uri: "/ready", method: .get) { response in
                #expect(response.status == .ok)
                #expect(response.text == #"{"status":"ready"}"#)
            }
            fixture.switchboard.set { $0.hasCapacity = false }
            try await server.execute(uri: "/ready", method: .get) { response in
                #expect(response.status == .serviceUnavailable)
                #expect(response.text == #"{"status":"at_capacity"}"#)
            }
            fixture.switchboard.set { $0.isDraining = true }
            try await server.execute(uri: "/ready", method: .get) { response in
                #expect(response.status == .serviceUnavailable)
                #expect(response.text == #"{"status":"draining"}"#)
            }
        }
    }

    @Test(
        "everything that is not there gets 404 with an error body",
        arguments: ["/", "/dashboard", "/v2", "/v1/nothing", "/laml", "/swml/call", "/webhooks/signalwire"]
    )
    func nothing(path: String) async throws {
        try await RouterFixture().serve { server async throws in
            try await server.execute(uri: path, method: .get) { response in
                #expect(response.status == .notFound)
                #expect(response.errorCode == "not_found")
            }
        }
    }

    @Test("routes answer with and without the prefix of PUBLIC_URL, and not below something that looks like it")
    func prefix() async throws {
        try await RouterFixture(["PUBLIC_URL": "http://localhost/phone"]).serve { server async throws in
            for path in ["/ready", "/phone/ready"] {
                try await server.execute(uri: path, method: .get) { #expect($0.status == .ok, "\(path)") }
            }
            for path in ["/phones/ready", "/phone/phone/ready"] {
                try await server.execute(uri: path, method: .get) { #expect($0.status == .notFound, "\(path)") }
            }
        }
    }
}
