import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing
import Wire

@testable import CallRouter

@Suite("Documents for SignalWire in its own language")
struct SWMLRouteTests {
    private static let hangup = #"{"sections":{"main":[{"hangup":{}}]},"version":"1.0.0"}"#

    private func post(_ server: any TestClientProtocol, _ path: String, _ body: String = "{}") async throws
        -> TestResponse
    {
        try await server.executeRequest(
            uri: path,
            method: .post,
            headers: [.contentType: "application/json"],
            body: ByteBuffer(string: body)
        )
    }

    @Test("a call's document connects its stream, and goes on at resume however that ends")
    func stream() async throws {
        let fixture = RouterFixture()
        fixture.put("c1", .ringing)
        let resume: JSONDocument = [["transfer": ["dest": "http://127.0.0.1:8080/swml/call/c1/resume"]]]
        let connect: JSONDocument = [
            "to": "stream:ws://127.0.0.1:8080/media-stream", "codec": "PCMU", "realtime": true,
            "authorization_bearer_token": "token-of-c1",
            "status_url": "http://127.0.0.1:8080/webhooks/signalwire/stream",
            "custom_parameters": ["callId": "c1", "token": "token-of-c1"],
            "result": ["variable": "connect_result", "case": ["connected": resume, "failed": resume]],
        ]
        let document: JSONDocument = [
            "version": "1.0.0", "sections": ["main": [["answer": [:]], ["connect": connect], ["hangup": [:]]]],
        ]
        try await fixture.serve { server async throws in
            for path in ["/swml/call/c1", "/swml/call/c1/resume"] {
                let response = try await self.post(server, path)
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == "application/json")
                #expect(response.json == document)
                let fetched = try await server.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                #expect(fetched.json == document)
            }
        }
    }

    @Test("another codec is asked for by name", arguments: ["L16@16000h", "L16@24000h"])
    func codec(name: String) async throws {
        let fixture = RouterFixture(["PUBLIC_URL": "https://localhost/p", "STREAM_CODEC": name])
        fixture.put("c1", .ringing)
        try await fixture.serve { server async throws in
            let text = try await self.post(server, "/swml/call/c1").text
            #expect(text.contains(#""codec":"\#(name)""#))
            #expect(text.contains(#""to":"stream:wss://localhost/p/media-stream""#))
            #expect(text.contains(#""dest":"https://localhost/p/swml/call/c1/resume""#))
        }
    }

    @Test("calls that are over, unknown or not yet dialled are hung up without a token")
    func hangups() async throws {
        let fixture = RouterFixture()
        fixture.put("over", .completed)
        fixture.put("queued", .queued)
        try await fixture.serve { server async throws in
            for path in ["none", "none/resume", "over", "over/resume", "queued/resume"] {
                #expect(try await self.post(server, "/swml/call/\(path)").text == Self.hangup)
            }
        }
    }

    @Test("while the store is down live calls are served, others put off five times and then turned away")
    func storeDown() async throws {
        let fixture = RouterFixture()
        fixture.store.set { $0.isDown = true }
        fixture.switchboard.set { $0.live = ["live"] }
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/swml/call/live/resume").text.contains("token-of-live"))
            let waiting = try await self.post(server, "/swml/call/c1?waited=4").text
            #expect(
                waiting == #"{"sections":{"main":[{"sleep":{"duration":2000}},"#
                    + #"{"transfer":{"dest":"http://127.0.0.1:8080/swml/call/c1?waited=5"}}]},"version":"1.0.0"}"#
            )
            let away = try await self.post(server, "/swml/call/c1?waited=5").text
            #expect(away.contains(#"[{"play":{"url":"say:Not now & not here."}},{"hangup":{}}]"#))
        }
    }

    @Test("a call that lost its voice model is told so")
    func apology() async throws {
        let fixture = RouterFixture()
        var record = RouterFixture.record("c1", status: .inProgress)
        record.endReason = .modelFailed
        fixture.store.put(record)
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/swml/call/c1/resume").text.contains("say:Something broke."))
        }
    }

    @Test("a dialled call without the carrier's identifier has it told from its fetch, in both languages")
    func adoption() async throws {
        let fixture = RouterFixture()
        for callID in ["swml", "laml", "queued"] { fixture.put(callID, callID == "queued" ? .queued : .initiating) }
        fixture.put("named", .ringing, sid: "CA-first")
        fixture.store.put(RouterFixture.record("inbound", status: .ringing))
        try await fixture.serve { server async throws in
            let body = #"{"call":{"call_id":"CA-swml"},"vars":{}}"#
            _ = try await self.post(server, "/swml/call/swml", body)
            for callID in ["laml", "named", "queued", "inbound"] { try await self.fetch(callID, from: server) }
        }
        #expect(
            fixture.events.statuses == [
                CarrierStatusUpdate(callSID: "CA-swml", callID: "swml", status: .inProgress),
                CarrierStatusUpdate(callSID: "CA-laml", callID: "laml", status: .ringing),
            ]
        )
    }

    @Test("where nothing dials, the record has the carrier's identifier from the fetch at once")
    func adoptionOnRecord() async throws {
        var fixture = RouterFixture()
        fixture.hasOutbound = false
        fixture.put("laml", .initiating)
        fixture.put("named", .ringing, sid: "CA-first")
        try await fixture.serve { server async throws in
            for callID in ["laml", "named"] { try await self.fetch(callID, from: server) }
        }
        let sids = Dictionary(uniqueKeysWithValues: fixture.store.calls.map { ($0.callID, $0.callSID) })
        #expect(sids == ["laml": "CA-laml", "named": "CA-first"])
    }

    private func fetch(_ callID: String, from server: any TestClientProtocol) async throws {
        let response = try await server.executeRequest(
            uri: "/laml/call/\(callID)",
            method: .post,
            headers: [:],
            body: ByteBuffer(string: "CallSid=CA-\(callID)&CallStatus=ringing")
        )
        #expect(response.text.contains("<Connect>"))
    }
}
