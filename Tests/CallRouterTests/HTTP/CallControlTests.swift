import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import CallRouter

@Suite("Acting on live calls")
struct CallControlTests {
    /// A router with a live call, one that rings, one that waits, and one that is over.
    private func fixture() -> RouterFixture {
        var fixture = RouterFixture()
        fixture.environment["TRANSFER_NUMBERS"] = "+15550142,+15550143"
        fixture.put("live", .inProgress)
        fixture.put("ringing", .ringing, sid: "CA-ringing")
        fixture.put("queued", .queued)
        fixture.put("over", .completed)
        fixture.switchboard.set { $0.live = ["live"] }
        return fixture
    }

    private func post(_ server: any TestClientProtocol, _ path: String, _ body: String? = nil) async throws
        -> TestResponse
    {
        try await server.executeRequest(
            uri: "/v1/calls/\(path)",
            method: .post,
            headers: body == nil ? [:] : [.contentType: "application/json"],
            body: ByteBuffer(string: body ?? "")
        )
    }

    // MARK: - Hang up

    @Test("a call that rings is over on record, then ended at the carrier, and one that waits is not live")
    func hangUp() async throws {
        let fixture = self.fixture()
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "live/hangup").status == .accepted)
            let ringing = try await self.post(server, "ringing/hangup")
            #expect(ringing.status == .accepted)
            #expect(ringing.text == #"{"call_id":"ringing","status":"ending"}"#)
            for path in ["queued/hangup", "over/hangup"] {
                let response = try await self.post(server, path)
                #expect(response.status == .conflict)
                #expect(response.errorCode == "not_live")
            }
        }
        #expect(fixture.carrier.hangUps.withLock { $0 } == ["CA-ringing"])
        #expect(fixture.switchboard.log.contains("carrier ended ringing operator_hangup"))
    }

    @Test("a call that rings ends on record even if the carrier cannot be reached, or its identifier is not known yet")
    func hangUpWithoutCarrier() async throws {
        let fixture = self.fixture()
        fixture.carrier.isBroken.withLock { $0 = true }
        fixture.put("unnamed", .initiating)
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "ringing/hangup").status == .accepted)
            #expect(try await self.post(server, "unnamed/hangup").status == .accepted)
        }
        #expect(fixture.switchboard.log.filter { $0.hasPrefix("carrier ended") }.count == 2)
        #expect(fixture.carrier.hangUps.withLock { $0 } == ["CA-ringing"])
    }

    // MARK: - Transfer

    @Test(
        "a transfer is refused for a reason that has its status and code",
        arguments: [
            ("live", #"{"to":"0142"}"#, 400, "invalid_request"), ("live", #"{}"#, 400, "invalid_request"),
            ("live", #"{"to":"+15550142","x":1}"#, 400, "invalid_request"),
            ("live", #"{"to":142}"#, 400, "invalid_request"), ("live", #"{"to":"+15550199"}"#, 403, "not_allowed"),
            ("live", #"{"to":"+19005550142"}"#, 403, "not_allowed"), ("none", #"{"to":"+15550142"}"#, 404, "not_found"),
            ("over", #"{"to":"+15550142"}"#, 409, "not_live"), ("ringing", #"{"to":"+15550142"}"#, 409, "not_live"),
        ]
    )
    func badTransfer(call: String, body: String, status: Int, code: String) async throws {
        let fixture = self.fixture()
        try await fixture.serve { server async throws in
            let response = try await self.post(server, "\(call)/transfer", body)
            #expect(response.status.code == status)
            #expect(response.errorCode == code)
        }
        #expect(fixture.switchboard.state.withLock { $0.transfers.isEmpty })
    }

    @Test("a live call is handed to a number of the list, however the number is written")
    func transfer() async throws {
        let fixture = self.fixture()
        try await fixture.serve { server async throws in
            let response = try await self.post(server, "live/transfer", #"{"to":"+1 (555) 0143"}"#)
            #expect(response.status == .accepted)
            #expect(response.text == #"{"call_id":"live","status":"transferring"}"#)
        }
        #expect(fixture.switchboard.state.withLock { $0.transfers } == ["live": "+15550143"])
    }

    @Test("without a carrier account no live call is transferred")
    func transferWithoutCarrier() async throws {
        var fixture = self.fixture()
        fixture.hasCarrier = false
        try await fixture.serve { server async throws in
            let response = try await self.post(server, "live/transfer", #"{"to":"+15550142"}"#)
            #expect(response.status == .serviceUnavailable)
            #expect(response.errorCode == "carrier_not_configured")
            #expect(try await self.post(server, "none/transfer", #"{"to":"+15550142"}"#).status == .notFound)
        }
    }

    // MARK: - Say

    @Test("a text is spoken in a live call and nowhere else")
    func say() async throws {
        let fixture = self.fixture()
        try await fixture.serve { server async throws in
            let text = #"{"text":"We are \"open\" & <here>."}"#
            #expect(try await self.post(server, "live/say", text).status == .accepted)
            #expect(try await self.post(server, "over/say", text).errorCode == "not_live")
            #expect(try await self.post(server, "none/say", text).status == .notFound)
            for body in [
                #"{"text":" "}"#, #"{"text":1}"#, "{}", #"{"text":"\#(String(repeating: "x", count: 2001))"}"#,
            ] {
                let response = try await self.post(server, "live/say", body)
                #expect(response.status == .badRequest)
                #expect(response.badFields == ["text"])
            }
        }
        #expect(fixture.switchboard.log.first == #"say We are "open" & <here>."#)
    }

    @Test("while the store is down live calls can be spoken in and transferred")
    func storeDown() async throws {
        let fixture = self.fixture()
        fixture.store.set { $0.isDown = true }
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "live/say", #"{"text":"Hello."}"#).status == .accepted)
            #expect(try await self.post(server, "live/transfer", #"{"to":"+15550142"}"#).status == .accepted)
            #expect(try await self.post(server, "over/say", #"{"text":"Hello."}"#).errorCode == "unavailable")
        }
    }

    // MARK: - Methods

    @Test("a method that an address does not have is answered with those that it has")
    func methods() async throws {
        try await self.fixture().serve { server async throws in
            let cases: [(String, HTTPRequest.Method, String)] = [
                ("/v1/calls", .delete, "GET, HEAD, POST"), ("/v1/calls/live", .post, "GET, HEAD"),
                ("/v1/calls/live/hangup", .get, "POST"), ("/v1/opt-outs/x", .get, "DELETE"),
                ("/v1/openapi.json", .put, "GET, HEAD"), ("/v1/stats", .init("QUERY") ?? .trace, "GET, HEAD"),
            ]
            for (path, method, allowed) in cases {
                let response = try await server.executeRequest(uri: path, method: method, headers: [:], body: nil)
                #expect(response.status == .methodNotAllowed, "\(path)")
                #expect(response.headers[.allow] == allowed, "\(path)")
                #expect(response.errorCode == "method_not_allowed")
            }
        }
    }
}

extension RouterFixture {
    /// Puts an outbound call on record.
    func put(_ callID: String, _ status: CallRecord.Status, sid: String? = nil, to: String? = nil) {
        var record = CallRecord(
            callID: callID,
            callSID: sid,
            direction: .outbound,
            status: status,
            createdAt: Date(timeIntervalSince1970: 1_790_000_000)
        )
        record.to = to
        self.store.put(record)
    }
}
