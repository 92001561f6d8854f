import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing

@testable import CallRouter

@Suite("Documents for the carrier")
struct LaMLRouteTests {
    private static let hangup = #"<?xml version="1.0" encoding="UTF-8"?><Response><Hangup/></Response>"#

    private static func streamDocument(_ callID: String) -> String {
        #"<?xml version="1.0" encoding="UTF-8"?><Response><Connect>"#
            + #"<Stream url="ws://127.0.0.1:8080/media-stream" realtime="true" authBearerToken="token-of-\#(callID)" "#
            + #"statusCallback="http://127.0.0.1:8080/webhooks/signalwire/stream" statusCallbackMethod="POST">"#
            + #"<Parameter name="callId" value="\#(callID)"/><Parameter name="token" value="token-of-\#(callID)"/>"#
            + #"</Stream></Connect><Redirect method="POST">http://127.0.0.1:8080/laml/call/\#(callID)/resume</Redirect>"#
            + "</Response>"
    }

    private func post(_ server: any TestClientProtocol, _ path: String, _ form: String = "") async throws
        -> TestResponse
    {
        try await server.executeRequest(
            uri: path,
            method: .post,
            headers: [.contentType: "application/x-www-form-urlencoded"],
            body: ByteBuffer(string: form)
        )
    }

    @Test("a call's document connects its stream, and sends the carrier back afterwards")
    func stream() async throws {
        let fixture = RouterFixture()
        fixture.store.put(RouterFixture.record("c1", status: .ringing))
        try await fixture.serve { server async throws in
            for path in ["/laml/call/c1", "/api/twiml/call/c1", "/laml/call/c1/resume", "/api/twiml/call/c1/resume"] {
                let response = try await self.post(server, path)
                #expect(response.status == .ok)
                #expect(response.headers[.contentType] == "text/xml; charset=utf-8")
                #expect(response.text == Self.streamDocument("c1"), "\(path)")
                let fetched = try await server.executeRequest(uri: path, method: .get, headers: [:], body: nil)
                #expect(fetched.text == Self.streamDocument("c1"), "GET \(path)")
            }
        }
    }

    @Test("another codec than the carrier's own choice is asked for by name")
    func codec() async throws {
        let fixture = RouterFixture(["PUBLIC_URL": "https://localhost/p", "STREAM_CODEC": "L16@24000h"])
        fixture.store.put(RouterFixture.record("c1", status: .ringing))
        try await fixture.serve { server async throws in
            let text = try await self.post(server, "/laml/call/c1").text
            #expect(text.contains(#"url="wss://localhost/p/media-stream""#))
            #expect(
                text.contains(#" codec="L16@24000h" statusCallback="https://localhost/p/webhooks/signalwire/stream" "#)
            )
            #expect(text.contains("https://localhost/p/laml/call/c1/resume"))
        }
    }

    @Test(
        "what is served depends on where the call stands",
        arguments: [
            (CallRecord.Status.queued, true, false), (.initiating, true, true), (.ringing, true, true),
            (.inProgress, true, true), (.completed, false, false), (.failed, false, false),
        ]
    )
    func statuses(status: CallRecord.Status, begins: Bool, resumes: Bool) async throws {
        let fixture = RouterFixture()
        fixture.store.put(RouterFixture.record("c1", sid: "CA1", status: status))
        try await fixture.serve { server async throws in
            let first = try await self.post(server, "/laml/call/c1").text
            #expect(first == (begins ? Self.streamDocument("c1") : Self.hangup))
            let resumed = try await self.post(server, "/laml/call/c1/resume").text
            #expect(resumed == (resumes ? Self.streamDocument("c1") : Self.hangup))
            let fallback = try await self.post(server, "/laml/fallback", "CallSid=CA1").text
            #expect(fallback == (resumes ? Self.streamDocument("c1") : Self.hangup))
        }
    }

    @Test("unknown calls are hung up without a token")
    func unknown() async throws {
        try await RouterFixture().serve { server async throws in
            for path in ["/laml/call/none", "/laml/call/none/resume", "/laml/fallback"] {
                #expect(try await self.post(server, path, "CallSid=CA9").text == Self.hangup)
            }
            #expect(try await self.post(server, "/laml/fallback").text == Self.hangup)
        }
    }

    @Test("a call whose journal has ended it is over, and one that lost its model is told so")
    func endedInJournal() async throws {
        let fixture = RouterFixture()
        var record = RouterFixture.record("c1", status: .inProgress)
        record.endReason = .callerHangup
        fixture.store.put(record)
        record.callID = "c2"
        record.endReason = .modelFailed
        fixture.store.put(record)
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/laml/call/c1/resume").text == Self.hangup)
            let text = try await self.post(server, "/laml/call/c2/resume").text
            #expect(text.contains("<Response><Say>Something broke.</Say><Hangup/></Response>"))
        }
    }

    @Test("a live call is served while the store is down; others are put off, five times at most")
    func storeDown() async throws {
        let fixture = RouterFixture()
        fixture.store.set { $0.isDown = true }
        fixture.switchboard.set { $0.live = ["live"] }
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/laml/call/live/resume").text == Self.streamDocument("live"))
            var path = "/laml/call/c1"
            for count in 1...5 {
                let text = try await self.post(server, path).text
                path = "/laml/call/c1?waited=\(count)"
                #expect(
                    text.hasSuffix(
                        #"<Pause length="2"/><Redirect method="POST">http://127.0.0.1:8080\#(path)</Redirect></Response>"#
                    )
                )
            }
            #expect(try await self.post(server, path).text.contains("<Say>Not now &amp; not here.</Say><Hangup/>"))
        }
    }

    // MARK: - Inbound

    @Test("where everybody is welcome, an outage of the hosted system of record keeps no caller waiting")
    func hostedStoreDown() async throws {
        let fixture = RouterFixture()
        fixture.store.set { $0.isAlone = true }
        try await fixture.serve { server async throws in
            let first = try await self.post(server, "/laml/inbound", "CallSid=CA7&From=%2B15550001")
            #expect(first.text.contains("<Connect><Stream"))
            #expect(try await self.post(server, "/laml/inbound", "CallSid=CA7&From=%2B15550001").text == first.text)
            #expect(fixture.store.calls.count == 1)
        }
    }

    @Test("an inbound call is put on record once, however often and from however many sides it is fetched")
    func inbound() async throws {
        let fixture = RouterFixture()
        let callID = CallIdentifier.derived(from: "CA1")
        try await fixture.serve { server async throws in
            let texts = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 0..<8 {
                    group.addTask {
                        try await self.post(server, "/laml/inbound", "CallSid=CA1&From=%2B15550100&To=%2B15550123").text
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(texts) == [Self.streamDocument(callID)])
        }
        let record = try #require(fixture.store.calls.first)
        #expect(fixture.store.calls.count == 1)
        #expect(record.callSID == "CA1")
        #expect(record.direction == .inbound)
        #expect(record.status == .ringing)
        #expect(record.from == "+15550100")
        #expect(record.to == "+15550123")
        #expect(record.createdAt == Date(timeIntervalSince1970: 1_790_000_000.25))
    }

    @Test("GET names the inbound call in its query, and a call without CallSid is refused")
    func inboundQuery() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            let uri = "/laml/inbound?CallSid=CA2&From=%2B15550100"
            let response = try await server.executeRequest(uri: uri, method: .get, headers: [:], body: nil)
            #expect(response.text == Self.streamDocument(CallIdentifier.derived(from: "CA2")))
            #expect(try await self.post(server, "/laml/inbound", "From=1").status == .badRequest)
        }
        #expect(fixture.store.calls.count == 1)
    }

    @Test("an inbound call that is over is hung up")
    func inboundOver() async throws {
        let fixture = RouterFixture()
        fixture.store.put(RouterFixture.record("c1", sid: "CA1", status: .completed))
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/laml/inbound", "CallSid=CA1").text == Self.hangup)
        }
    }

    @Test("unknown callers are turned away where they are not wanted, and known ones are not")
    func reject() async throws {
        let fixture = RouterFixture(["PUBLIC_URL": "http://127.0.0.1:8080", "INBOUND_CALLS": "reject"])
        try await fixture.serve { server async throws in
            for form in ["CallSid=CA1&From=%2B15550100", "CallSid=CA1"] {
                let text = try await self.post(server, "/laml/inbound", form).text
                #expect(text.contains("<Say>Not now &amp; not here.</Say><Hangup/>"))
            }
            let known = try await self.post(server, "/laml/inbound", "CallSid=CA2&From=%2B15550199").text
            #expect(known.contains("<Connect>"))
        }
        #expect(fixture.store.calls.count == 1)
    }

    @Test("at capacity a new call is turned away, and one on record is served")
    func atCapacity() async throws {
        let fixture = RouterFixture()
        fixture.switchboard.set { $0.hasCapacity = false }
        fixture.store.put(RouterFixture.record("c1", sid: "CA1", status: .ringing))
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/laml/inbound", "CallSid=CA2").text.contains("<Say>"))
            #expect(try await self.post(server, "/laml/inbound", "CallSid=CA1").text == Self.streamDocument("c1"))
        }
        #expect(fixture.store.calls.count == 1)
    }

    @Test("while draining a new call waits and comes back five times, then it is turned away")
    func draining() async throws {
        let fixture = RouterFixture()
        fixture.switchboard.set { $0.isDraining = true }
        try await fixture.serve { server async throws in
            var path = "/laml/inbound"
            for count in 1...5 {
                let text = try await self.post(server, path, "CallSid=CA1").text
                path = "/laml/inbound?waited=\(count)"
                #expect(
                    text.contains(
                        #"<Pause length="2"/><Redirect method="POST">http://127.0.0.1:8080\#(path)</Redirect></Response>"#
                    )
                )
            }
            #expect(try await self.post(server, path, "CallSid=CA1").text.contains("<Say>Not now"))
            // A counter that somebody made up does not make it wait for ever.
            for made in ["99", "-3x", "99999999999999999999"] {
                let text = try await self.post(server, "/laml/inbound?waited=\(made)", "CallSid=CA1").text
                #expect(text.contains("<Say>"), "\(made)")
            }
            fixture.switchboard.set { $0.isDraining = false }
            let text = try await self.post(server, path, "CallSid=CA1").text
            #expect(text.contains("<Connect>"), "the drain was taken back")
        }
    }

    // MARK: - Who may fetch

    @Test("without PUBLIC_URL there is nothing to serve")
    func noPublicURL() async throws {
        let fixture = RouterFixture([:])
        fixture.store.put(RouterFixture.record("c1", status: .ringing))
        try await fixture.serve { server async throws in
            for path in ["/laml/call/c1", "/laml/inbound", "/laml/fallback", "/laml/call/c1/resume"] {
                #expect(try await self.post(server, path, "CallSid=1").status == .serviceUnavailable, "\(path)")
            }
        }
    }

    @Test("a signature is asked for over the public URL and the form, whichever way the request came")
    func signatures() async throws {
        var fixture = RouterFixture(["PUBLIC_URL": "wss://router.example/phone", "SIGNALWIRE_SIGNING_KEY": "k"])
        fixture.checksSignatures = true
        fixture.store.put(RouterFixture.record("c1", status: .ringing))
        let signalWire = try #require(HTTPField.Name("X-SignalWire-Signature"))
        let twilio = try #require(HTTPField.Name("X-Twilio-Signature"))
        try await fixture.serve { server async throws in
            func status(_ path: String, _ headers: HTTPFields) async throws -> HTTPResponse.Status {
                let body = ByteBuffer(string: "b=2&a=x+y&a=%26")
                return try await server.executeRequest(uri: path, method: .post, headers: headers, body: body).status
            }
            #expect(try await status("/laml/call/c1", [:]) == .forbidden)
            #expect(try await status("/laml/call/c1", [signalWire: "bad"]) == .forbidden)
            #expect(try await status("/laml/call/c1?v=1", [signalWire: "good"]) == .ok)
            #expect(try await status("/phone/laml/call/c1", [twilio: "good"]) == .ok)
            #expect(try await status("/laml/inbound", [:]) == .forbidden)
            #expect(try await status("/health", [:]) != .forbidden)
        }
        let questions = fixture.webhooks.questions.withLock { $0 }
        #expect(
            questions.map(\.url) == [
                "https://router.example/phone/laml/call/c1", "https://router.example/phone/laml/call/c1?v=1",
                "https://router.example/phone/laml/call/c1",
            ]
        )
        #expect(questions.allSatisfy { $0.form == ["b=2", "a=x y", "a=&"] })
        #expect(fixture.store.calls.count == 1, "an unsigned fetch puts nothing on record")
    }
}
