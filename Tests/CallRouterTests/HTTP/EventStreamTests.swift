import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import CallRouter

@Suite("Following events", .timeLimit(.minutes(1)))
struct EventStreamTests {
    private static let request = "GET /v1/events HTTP/1.1\r\nHost: router\r\n\r\n"
    private static let at = Date(timeIntervalSince1970: 1_790_000_000.25)

    /// Waits until nobody follows any more.
    private func waitUntilAlone(_ hub: CallEventHub) async { while hub.followerCount > 0 { await Task.yield() } }

    @Test("events come as they happen, each in the form of server-sent events")
    func events() async throws {
        let fixture = RouterFixture()
        let line = TranscriptLine(role: .user, content: "Line\nbreak and \"quotes\"", at: Self.at, interrupted: false)
        let notices: [(CallNotice, String)] = [
            (.started, "event: call.started\ndata: {\"at\":\"2026-09-21T14:13:20.250Z\",\"call_id\":\"c1\"}\n\n"),
            (
                .turn(itemID: "i1", line: line),
                "event: call.turn\ndata: {\"at\":\"2026-09-21T14:13:20.250Z\",\"call_id\":\"c1\","
                    + "\"content\":\"Line\\nbreak and \\\"quotes\\\"\",\"interrupted\":false,\"item_id\":\"i1\","
                    + "\"role\":\"user\"}\n\n"
            ),
            (.bargeIn(.milliseconds(42)), "event: call.barge_in\ndata: {"),
            (.reasoning(.seconds(2), fellBack: true), "\"fell_back\":true,\"reasoning_ms\":2000}\n\n"),
            (.restarted, "event: call.restarted\n"),
            (.ended(.callerHangup), "\"end_reason\":\"caller_hangup\"}\n\n"),
        ]
        try await fixture.serve { server async throws in
            let client = try await RawClient(port: try #require(server.port))
            try await client.send(Self.request)
            let head = await client.read(until: ": following all calls\n\n")
            #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
            #expect(head.contains("Content-Type: text/event-stream\r\n"))
            #expect(head.contains("Cache-Control: no-store\r\n"))
            fixture.hub.observe(.turnLatency(.seconds(1)), callID: "c1", at: Self.at)
            for (notice, text) in notices {
                fixture.hub.observe(notice, callID: "c1", at: Self.at)
                #expect(await client.read(until: text).contains(text))
            }
            await client.close()
            await self.waitUntilAlone(fixture.hub)
        }
    }

    @Test("a heartbeat shows that the connection stands")
    func heartbeat() async throws {
        var fixture = RouterFixture()
        fixture.limits.heartbeatTime = .milliseconds(10)
        try await fixture.serve { server async throws in
            let client = try await RawClient(port: try #require(server.port))
            try await client.send(Self.request)
            for _ in 0..<3 { #expect(await client.read(until: ": heartbeat\n\n").contains(": heartbeat\n\n")) }
            await client.close()
        }
    }

    @Test("a server that stops ends the stream, and does not wait for its reader")
    func serverStops() async throws {
        let fixture = RouterFixture()
        let client = try await fixture.serve { server async throws in
            let client = try await RawClient(port: try #require(server.port))
            try await client.send(Self.request)
            _ = await client.read(until: ": following all calls\n\n")
            return client
        }
        #expect(await client.readToEnd().hasSuffix("0\r\n\r\n"), "the response is complete")
        #expect(fixture.hub.followerCount == 0)
    }

    @Test("there is an end to the followers, and who goes makes room")
    func tooMany() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            var followers = (0..<CallEventHub.followerLimit).map { _ in fixture.hub.follow() }
            #expect(followers.allSatisfy { $0 != nil })
            #expect(fixture.hub.follow() == nil)
            let response = try await server.executeRequest(uri: "/v1/events", method: .get, headers: [:], body: nil)
            #expect(response.status == .serviceUnavailable)
            #expect(response.errorCode == "at_capacity")
            #expect(response.headers[.retryAfter] != nil)
            followers.removeLast()
            #expect(fixture.hub.follow() != nil)
            followers = []
            #expect(fixture.hub.followerCount == 0)
        }
    }

    @Test("asking for the head alone follows nothing")
    func head() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            let response = try await server.executeRequest(uri: "/v1/events", method: .head, headers: [:], body: nil)
            #expect(response.status == .ok)
            await self.waitUntilAlone(fixture.hub)
        }
    }

    @Test("a follower that does not read loses the oldest events, and nobody else's")
    func slowFollower() async throws {
        let hub = CallEventHub()
        let slow = try #require(hub.follow())
        for index in 0..<(CallEventHub.limit + 10) { hub.observe(.started, callID: "c\(index)", at: Self.at) }
        let quick = try #require(hub.follow())
        hub.observe(.restarted, callID: "last", at: Self.at)
        slow.stop()
        quick.stop()
        var slowEvents: [String] = []
        for await case .event(let event) in slow.signals { slowEvents.append(event.callID) }
        #expect(slowEvents.count == CallEventHub.limit)
        #expect(slowEvents.first == "c11")
        #expect(slowEvents.last == "last")
        var quickEvents: [String] = []
        for await case .event(let event) in quick.signals { quickEvents.append(event.callID) }
        #expect(quickEvents == ["last"])
    }
}
