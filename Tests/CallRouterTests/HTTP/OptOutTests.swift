import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import CallRouter

@Suite("Numbers that must not be called, and totals")
struct OptOutTests {
    private func request(
        _ server: any TestClientProtocol,
        _ method: HTTPRequest.Method,
        _ path: String,
        _ body: String = ""
    ) async throws -> TestResponse {
        try await server.executeRequest(
            uri: path,
            method: method,
            headers: [.contentType: "application/json"],
            body: ByteBuffer(string: body)
        )
    }

    @Test("a number is closed, listed and opened again, however it is written")
    func life() async throws {
        try await RouterFixture().serve { server async throws in
            let empty = try await self.request(server, .get, "/v1/opt-outs")
            #expect(empty.text == #"{"numbers":[]}"#)
            let added = try await self.request(server, .post, "/v1/opt-outs", #"{"number":"+1 (555) 123-4567"}"#)
            #expect(added.status == .created)
            let json = #"{"at":"2026-09-21T14:13:20.250Z","number":"+15551234567","source":"api"}"#
            #expect(added.text == json)
            for path in ["%2B15551234567", "+15551234567"] {
                #expect(try await self.request(server, .get, "/v1/opt-outs").text == #"{"numbers":[\#(json)]}"#)
                let removed = try await self.request(server, .delete, "/v1/opt-outs/\(path)")
                #expect(removed.status == .noContent)
                #expect(removed.text.isEmpty)
                let again = try await self.request(server, .delete, "/v1/opt-outs/\(path)")
                #expect(again.status == .notFound)
                #expect(again.errorCode == "not_found")
                _ = try await self.request(server, .post, "/v1/opt-outs", #"{"number":"+15551234567"}"#)
            }
        }
    }

    @Test("numbers that we would not call anyway can be closed, and what is no number cannot")
    func kinds() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            for number in ["+49 30 1234567", "+19005550142"] {
                #expect(
                    try await self.request(server, .post, "/v1/opt-outs", #"{"number":"\#(number)"}"#).status
                        == .created
                )
            }
            for body in [#"{"number":"12"}"#, #"{"number":7}"#, "{}", #"{"number":""}"#] {
                let response = try await self.request(server, .post, "/v1/opt-outs", body)
                #expect(response.status == .badRequest)
                #expect(response.badFields == ["number"])
            }
            #expect(try await self.request(server, .delete, "/v1/opt-outs/nonsense%ZZ").status == .notFound)
        }
        #expect(fixture.store.state.withLock { $0.optOuts.map(\.number) } == ["+49301234567", "+19005550142"])
    }

    @Test("queued calls to a number end when it is closed, others go on")
    func queuedCalls() async throws {
        let fixture = RouterFixture()
        fixture.put("q1", .queued, to: "+15551234567")
        fixture.put("q2", .queued, to: "+15550000000")
        fixture.put("live", .inProgress, to: "+15551234567")
        try await fixture.serve { server async throws in
            _ = try await self.request(server, .post, "/v1/opt-outs", #"{"number":"+15551234567"}"#)
        }
        #expect(fixture.switchboard.log == ["carrier ended q1 opted_out"])
    }

    @Test("a store that is down is named, not hidden")
    func storeDown() async throws {
        let fixture = RouterFixture()
        fixture.store.set { $0.isDown = true }
        try await fixture.serve { server async throws in
            let cases: [(HTTPRequest.Method, String)] = [
                (.get, "/v1/opt-outs"), (.post, "/v1/opt-outs"), (.delete, "/v1/opt-outs/+15551234567"),
                (.get, "/v1/stats"),
            ]
            for (method, path) in cases {
                let response = try await self.request(server, method, path, #"{"number":"+15551234567"}"#)
                #expect(response.status == .serviceUnavailable)
                #expect(response.errorCode == "unavailable")
            }
        }
    }

    @Test("totals are told for every outcome, also those that did not happen")
    func statistics() async throws {
        let fixture = RouterFixture()
        fixture.store.set { state in
            state.statistics.calls = 9
            state.statistics.outcomes = [.goalAchieved: 3, .noAnswer: 1]
            state.statistics.averageDurationSeconds = 61.5
            state.statistics.costUSD = 1.25
        }
        try await fixture.serve { server async throws in
            let text = try await self.request(server, .get, "/v1/stats?days=7").text
            #expect(
                text == #"{"average_duration_seconds":61.5,"calls":9,"cost_usd":1.25,"days":7,"#
                    + #""outcomes":{"declined":0,"error":0,"goal_achieved":3,"no_answer":1,"voicemail":0},"#
                    + #""since":"2026-09-14T14:13:20.250Z","success_rate":0.75}"#
            )
            fixture.store.set { $0.statistics = CallStatistics() }
            let empty = try await self.request(server, .get, "/v1/stats?days=").text
            #expect(empty.contains(#""average_duration_seconds":null"#))
            #expect(empty.contains(#""success_rate":null"#))
            #expect(empty.contains(#""days":30"#))
        }
        #expect(
            fixture.store.state.withLock { $0.statisticsSince }
                == Date(timeIntervalSince1970: 1_790_000_000.25 - 30 * 86_400)
        )
    }

    @Test("days out of bounds are named", arguments: ["0", "367", "-1", "x", "1.5", "%2B5", "99999999999999999999"])
    func badDays(days: String) async throws {
        try await RouterFixture().serve { server async throws in
            let response = try await self.request(server, .get, "/v1/stats?days=\(days)")
            #expect(response.status == .badRequest)
            #expect(response.badFields == ["days"])
        }
    }
}
