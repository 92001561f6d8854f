import CallActors
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing
import Wire

@testable import CallRouter

@Suite("The description of the API")
struct APIDescriptionTests {
    private let description = APIDescription(publicURL: nil).document

    /// Path to the operations of it, by method in lower case.
    private var paths: [String: [String: JSONDocument]] {
        self.description["paths"]?.members.mapValues(\.members) ?? [:]
    }

    /// The path with its parameters, whatever their names.
    private static func anonymous(_ path: some StringProtocol) -> String {
        path.split(separator: "/").map { $0.hasPrefix(":") || $0.hasPrefix("{") ? "x" : String($0) }
            .reduce("") { $0 + "/" + $1 }
    }

    @Test("every route is described with its methods, and every description has its route")
    func coverage() async throws {
        let fixture = RouterFixture()
        let router = RouterHTTPResponder.router(try fixture.services(), limits: HTTPLimits())
        let routes = router.routes.map { Self.anonymous($0.path.description) }.filter { $0.hasPrefix("/v1/") }
        let described = Dictionary(uniqueKeysWithValues: self.paths.map { (Self.anonymous($0), $1) })
        #expect(Set(routes) == Set(described.keys))
        try await fixture.serve { server async throws in
            for (path, operations) in described {
                // No address takes TRACE, so this tells which methods it does take.
                let response = try await server.executeRequest(uri: path, method: .trace, headers: [:], body: nil)
                #expect(response.status == .methodNotAllowed)
                let methods = response.headers[.allow]?.lowercased().components(separatedBy: ", ") ?? []
                #expect(Set(methods).subtracting(["head"]) == Set(operations.keys), "\(path)")
            }
        }
    }

    @Test("the description is served as it is, with the public address of the router")
    func served() async throws {
        try await RouterFixture(["PUBLIC_URL": "https://localhost/phone"]).serve { server async throws in
            let response = try await server.executeRequest(
                uri: "/v1/openapi.json",
                method: .get,
                headers: [:],
                body: nil
            )
            #expect(response.status == .ok)
            #expect(response.headers[.contentType] == "application/json; charset=utf-8")
            #expect(response.json?["openapi"] == "3.1.0")
            #expect(response.json?["servers"] == [["url": "https://localhost/phone"]])
            #expect(response.json?["paths"] == self.description["paths"])
        }
    }

    @Test("every reference leads somewhere, every named part is used, and identifiers are unique")
    func references() throws {
        let text = String(buffer: self.description.encoded())
        let names = Set(text.matches(of: /"\$ref":"([^"]*)"/).map { String($0.1) })
        let check = SchemaCheck(description: self.description)
        for name in names { #expect(check.target(of: name) != nil, "\(name)") }
        for kind in ["schemas", "responses"] {
            for name in self.description["components"]?[kind]?.members.keys.sorted() ?? [] {
                #expect(names.contains("#/components/\(kind)/\(name)"), "\(name)")
            }
        }
        let identifiers = text.matches(of: /"operationId":"([^"]*)"/).map { String($0.1) }
        #expect(Set(identifiers).count == APIDescription.operations.count)
    }

    @Test("every operation tells of wrong tokens and of too many requests")
    func guarded() {
        for (path, operations) in self.paths {
            for (method, operation) in operations {
                let statuses = Set(operation["responses"]?.members.keys.map(\.self) ?? [])
                #expect(statuses.isSuperset(of: ["401", "429"]), "\(method) \(path)")
            }
        }
    }

    @Test("every example is what its schema says")
    func examples() {
        let check = SchemaCheck(description: self.description)
        var count = 0
        func look(at value: JSONDocument, _ place: String) {
            switch value {
            case .object(let members):
                if let schema = members["schema"], let example = members["example"] {
                    count += 1
                    #expect(check.faults(of: example, by: schema) == [], "\(place)")
                }
                for (name, member) in members { look(at: member, "\(place).\(name)") }
            case .array(let items): for item in items { look(at: item, place) }
            case .string, .integer, .number, .bool, .null: break
            }
        }
        look(at: self.description, "$")
        #expect(count > 40)
    }

    // MARK: - What routes answer

    private struct Case {
        let method: HTTPRequest.Method
        let path: String
        let address: String
        var body: String?
        let status: Int
    }

    private static let cases: [Case] = [
        Case(method: .post, path: "/v1/calls", address: "/v1/calls", body: nil, status: 202),
        Case(method: .post, path: "/v1/calls", address: "/v1/calls", body: "{}", status: 400),
        Case(method: .get, path: "/v1/calls?limit=3", address: "/v1/calls", status: 200),
        Case(method: .get, path: "/v1/calls?limit=0", address: "/v1/calls", status: 400),
        Case(method: .get, path: "/v1/calls/full", address: "/v1/calls/{call_id}", status: 200),
        Case(method: .get, path: "/v1/calls/empty", address: "/v1/calls/{call_id}", status: 200),
        Case(method: .get, path: "/v1/calls/none", address: "/v1/calls/{call_id}", status: 404),
        Case(
            method: .get,
            path: "/v1/calls/full/recording.wav",
            address: "/v1/calls/{call_id}/recording.wav",
            status: 404
        ),
        Case(method: .post, path: "/v1/calls/live/say", address: "/v1/calls/{call_id}/say", body: nil, status: 202),
        Case(method: .post, path: "/v1/calls/full/say", address: "/v1/calls/{call_id}/say", body: nil, status: 409),
        Case(method: .post, path: "/v1/calls/live/say", address: "/v1/calls/{call_id}/say", body: "{}", status: 400),
        Case(
            method: .post,
            path: "/v1/calls/live/transfer",
            address: "/v1/calls/{call_id}/transfer",
            body: #"{"to":"+15550142"}"#,
            status: 202
        ),
        Case(
            method: .post,
            path: "/v1/calls/live/transfer",
            address: "/v1/calls/{call_id}/transfer",
            body: nil,
            status: 403
        ),
        Case(method: .post, path: "/v1/calls/none/hangup", address: "/v1/calls/{call_id}/hangup", status: 404),
        Case(method: .post, path: "/v1/calls/live/hangup", address: "/v1/calls/{call_id}/hangup", status: 202),
        Case(method: .post, path: "/v1/opt-outs", address: "/v1/opt-outs", body: nil, status: 201),
        Case(method: .get, path: "/v1/opt-outs", address: "/v1/opt-outs", status: 200),
        Case(
            method: .delete,
            path: "/v1/opt-outs/%2B15551234567",
            address: "/v1/opt-outs/{number}",
            status: 204
        ),
        Case(method: .delete, path: "/v1/opt-outs/none", address: "/v1/opt-outs/{number}", status: 404),
        Case(method: .get, path: "/v1/stats", address: "/v1/stats", status: 200),
        Case(method: .get, path: "/v1/stats?days=0", address: "/v1/stats", status: 400),
    ]

    /// A router with calls on record, as bare and as full as they get.
    private var fixture: RouterFixture {
        var fixture = RouterFixture()
        fixture.environment["TRANSFER_NUMBERS"] = "+15550142"
        fixture.store.put(RouterFixture.record("empty", status: .queued))
        fixture.put("live", .inProgress)
        var record = RouterFixture.record("full", sid: "CA1", status: .completed)
        record.from = "+15550100"
        record.outcome = .goalAchieved
        record.endReason = .aiHangup
        record.scheduledTime = record.createdAt
        record.startedAt = record.createdAt
        record.durationSeconds = 3
        record.consumerInterestLevel = .high
        record.quoteAmount = 12.5
        record.costUSD = 0.125
        record.transcript = [TranscriptLine(role: .user, content: "Hello", at: record.createdAt)]
        fixture.store.put(record)
        fixture.switchboard.set { $0.live = ["live"] }
        return fixture
    }

    @Test("the routes take their own examples, and answer what the description says")
    func answers() async throws {
        let check = SchemaCheck(description: self.description)
        try await self.fixture.serve { server async throws in
            for item in Self.cases {
                let operation = try #require(self.paths[item.address]?[item.method.rawValue.lowercased()])
                let content = operation["requestBody"]?["content"]?["application/json"]
                let body = item.body ?? content.map { String(buffer: ($0["example"] ?? .null).encoded()) }
                let response = try await server.executeRequest(
                    uri: item.path,
                    method: item.method,
                    headers: body == nil ? [:] : [.contentType: "application/json"],
                    body: ByteBuffer(string: body ?? "")
                )
                #expect(response.status.code == item.status, "\(item.method) \(item.path)")
                let described = try #require(operation["responses"]?["\(item.status)"])
                guard let schema = described["content"]?["application/json"]?["schema"] else {
                    #expect(response.text.isEmpty)
                    continue
                }
                #expect(response.headers[.contentType]?.hasPrefix("application/json") == true)
                let value = try #require(response.json)
                #expect(check.faults(of: value, by: schema) == [], "\(item.method) \(item.path)")
            }
        }
    }

    @Test("the answer to a wrong token, and to too many requests, is the one that is described")
    func refusals() async throws {
        let check = SchemaCheck(description: self.description)
        let fixture = RouterFixture(["ROUTER_API_TOKEN": "t", "API_REQUESTS_PER_MINUTE": "1"])
        try await fixture.serve { server async throws in
            for (name, header, status) in [
                ("Unauthorized", "WWW-Authenticate", 401), ("RateLimited", "Retry-After", 429),
            ] {
                let response = try await server.executeRequest(uri: "/v1/stats", method: .get, headers: [:], body: nil)
                #expect(response.status.code == status)
                let described = try #require(self.description["components"]?["responses"]?[name])
                let schema = try #require(described["content"]?["application/json"]?["schema"])
                #expect(check.faults(of: try #require(response.json), by: schema) == [])
                #expect(described["headers"]?[header] != nil)
                #expect(response.headers[try #require(HTTPField.Name(header))] != nil)
            }
        }
    }
}
