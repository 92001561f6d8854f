import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Synchronization
import Testing
import Wire

@testable import CallRouter

@Suite("The carrier's webhooks")
struct WebhookTests {
    private static let form = "application/x-www-form-urlencoded"

    private func post(
        _ server: any TestClientProtocol,
        _ path: String,
        _ body: String,
        type: String = Self.form,
        _ extra: [(String, String)] = []
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: type]
        for (name, value) in extra { headers[try #require(HTTPField.Name(name))] = value }
        return try await server.executeRequest(
            uri: path,
            method: .post,
            headers: headers,
            body: ByteBuffer(string: body)
        )
    }

    // MARK: - What they tell

    @Test("a status tells who, how, in which order and how long, under both addresses")
    func status() async throws {
        let fixture = RouterFixture()
        let body = "CallSid=CA1&CallStatus=completed&SequenceNumber=3&CallDuration=94&To=%2B15555550123"
        try await fixture.serve { server async throws in
            for path in ["/webhooks/signalwire/status", "/api/webhooks/twilio/status"] {
                let response = try await self.post(server, path + "?callId=c%2D1", body)
                #expect(response.status == .noContent)
                #expect(response.text.isEmpty)
            }
            _ = try await self.post(server, "/webhooks/signalwire/status", "CallSid=CA2&CallStatus=no-answer")
            let json = #"{"CallSid":"CA3","CallStatus":"in-progress","SequenceNumber":2}"#
            _ = try await self.post(server, "/webhooks/signalwire/status", json, type: "application/json")
        }
        let first = CarrierStatusUpdate(
            callSID: "CA1",
            callID: "c-1",
            status: .completed,
            sequenceNumber: 3,
            durationSeconds: 94
        )
        #expect(
            fixture.events.statuses == [
                first, first, CarrierStatusUpdate(callSID: "CA2", status: .noAnswer),
                CarrierStatusUpdate(callSID: "CA3", status: .inProgress, sequenceNumber: 2),
            ]
        )
    }

    @Test("the result of answering machine detection is passed on, also one of no known name")
    func answering() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            for (path, result) in [
                ("/webhooks/signalwire/amd", "machine_end_beep"), ("/api/webhooks/twilio/amd", "machine_new"),
                ("/webhooks/signalwire/amd", "surprise"),
            ] {
                let response = try await self.post(server, path + "?callId=c1", "CallSid=CA1&AnsweredBy=\(result)")
                #expect(response.status == .noContent)
            }
        }
        #expect(fixture.events.answers.map(\.answeredBy) == [.machineEndBeep, .machineStart, .human])
        #expect(fixture.events.answers.allSatisfy { $0.callSID == "CA1" && $0.callID == "c1" })
    }

    @Test("what streams do is passed on, from forms and from the events of SWML")
    func streams() async throws {
        let fixture = RouterFixture()
        let path = "/webhooks/signalwire/stream"
        try await fixture.serve { server async throws in
            _ = try await self.post(server, path, "CallSid=CA1&StreamEvent=stream-started")
            _ = try await self.post(server, "/api/webhooks/twilio/stream", "CallSid=CA1&StreamEvent=stream-stopped")
            _ = try await self.post(
                server,
                path,
                "CallSid=CA1&StreamEvent=stream-error&StreamError=connection_refused"
            )
            for state in ["streaming", "finished", "dancing"] {
                let json = #"{"event_type":"calling.call.stream","params":{"call_id":"CA2","state":"\#(state)"}}"#
                #expect(try await self.post(server, path, json, type: "application/json").status == .noContent)
            }
        }
        #expect(
            fixture.events.streams == [
                StreamReport(callSID: "CA1", kind: .started), StreamReport(callSID: "CA1", kind: .stopped),
                StreamReport(callSID: "CA1", kind: .failed("connection_refused")),
                StreamReport(callSID: "CA2", kind: .started), StreamReport(callSID: "CA2", kind: .stopped),
                StreamReport(callSID: "CA2", kind: .other),
            ]
        )
    }

    @Test("what cannot be used is counted and answered like the rest")
    func unusable() async throws {
        let fixture = RouterFixture()
        try await fixture.serve { server async throws in
            for (path, body, type) in [
                ("status", "", Self.form), ("status", "CallSid=CA1", Self.form),
                ("status", "CallSid=CA1&CallStatus=asleep", Self.form), ("status", "{", "application/json"),
                ("status", "[1]", "application/json"), ("amd", "CallSid=CA1", Self.form),
                ("amd", "AnsweredBy=human", Self.form), ("stream", "CallSid=CA1", Self.form),
                ("status", "CallSid=\(String(repeating: "x", count: 200))&CallStatus=ringing", Self.form),
            ] {
                let response = try await self.post(server, "/webhooks/signalwire/\(path)", body, type: type)
                #expect(response.status == .noContent, "\(path) \(body)")
            }
        }
        #expect(fixture.events.statuses.isEmpty && fixture.events.answers.isEmpty && fixture.events.streams.isEmpty)
        #expect(fixture.metering.malformed.withLock { $0 } == 9)
    }

    @Test("a router that places no calls takes webhooks too")
    func noOutbound() async throws {
        var fixture = RouterFixture()
        fixture.hasOutbound = false
        try await fixture.serve { server async throws in
            let response = try await self.post(
                server,
                "/webhooks/signalwire/status",
                "CallSid=CA1&CallStatus=completed"
            )
            #expect(response.status == .noContent)
        }
    }

    @Test("no callback, however mutilated, is taken for something that it is not")
    func fuzz() {
        var generator = SeededGenerator(seed: 23)
        let whole = Array("CallSid=CA1&CallStatus=in-progress&SequenceNumber=1&AnsweredBy=human".utf8)
        for _ in 0..<3000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            let form = URLEncodedForm(String(decoding: bytes, as: UTF8.self))
            let request = CarrierRequest(path: "/", query: URLEncodedForm("callId=c1"), form: form)
            if let status = WebhookReports.status(request) {
                #expect(!status.callSID.isEmpty && status.callSID.utf8.count <= WebhookReports.identifierLimit)
                #expect((status.sequenceNumber ?? 0) >= 0)
                #expect(status.callID == "c1")
            }
            if let report = WebhookReports.answering(request) { #expect(!report.callSID.isEmpty) }
        }
    }

    // MARK: - Who may send them

    /// Behind a path prefix, with the real check of signatures.
    private var signed: RouterFixture {
        var fixture = RouterFixture([
            "PUBLIC_URL": "https://router.example.com/phone", "SIGNALWIRE_SIGNING_KEY": "PSKexample0123456789",
        ])
        fixture.signature = WebhookSignature(key: "PSKexample0123456789")
        return fixture
    }

    @Test("a form is taken with the carrier's signature over the public address, whichever header brings it")
    func formSignature() async throws {
        let fixture = self.signed
        let path = "/webhooks/signalwire/status?callId=c1"
        let body =
            "CallSid=76ac3c36-56da-4a3e-a0d6-b5f8df6da9ad&CallStatus=completed&CallDuration=94&SequenceNumber=3"
            + "&To=%2B15555550123"
        let signature = "c0C4TnMddvHGqe06CFsjjKdwC5A="
        try await fixture.serve { server async throws in
            for name in ["X-SignalWire-Signature", "x-twilio-signature"] {
                for path in [path, "/phone" + path] {
                    #expect(try await self.post(server, path, body, [(name, signature)]).status == .noContent)
                }
            }
            for (path, body, headers) in [
                (path, body, []), (path, body, [("X-SignalWire-Signature", "")]),
                (path, body + "&x=1", [("X-SignalWire-Signature", signature)]),
                ("/webhooks/signalwire/status?callId=c2", body, [("X-SignalWire-Signature", signature)]),
                ("/webhooks/signalwire/amd?callId=c1", body, [("X-SignalWire-Signature", signature)]),
            ] {
                let response = try await self.post(server, path, body, headers)
                #expect(response.status == .forbidden)
                #expect(response.errorCode == "forbidden")
            }
        }
        #expect(fixture.events.statuses.count == 4)
    }

    @Test("without PUBLIC_URL no signature can be right, and without a key none is asked for")
    func noPublicURL() async throws {
        for checks in [true, false] {
            var fixture = RouterFixture([:])
            fixture.checksSignatures = checks
            try await fixture.serve { server async throws in
                let response = try await self.post(
                    server,
                    "/webhooks/signalwire/status",
                    "CallSid=CA1&CallStatus=completed",
                    [("X-SignalWire-Signature", "good")]
                )
                #expect(response.status == (checks ? .forbidden : .noContent))
            }
            #expect(fixture.events.statuses.count == (checks ? 0 : 1))
        }
    }

    @Test("JSON is taken with SignalWire's signature, and with Twilio's over a hash of the body")
    func jsonSignature() async throws {
        let fixture = self.signed
        let body = #"{"event_type":"calling.call.stream","params":{"call_id":"76ac3c36","state":"finished"}}"#
        let path = "/webhooks/signalwire/stream"
        let hash = "242873682e2ab7dba1be0a299ee9a02d365424ca46929d561e23d29e793d205c"
        let hexadecimal = "43a34a9ef4cbec6f49f90e9e59d18e553523bdd3"
        try await fixture.serve { server async throws in
            func status(_ path: String, _ body: String, _ header: (String, String)) async throws -> Int {
                try await self.post(server, path, body, type: "application/json", [header]).status.code
            }
            #expect(try await status(path, body, ("X-SignalWire-Signature", hexadecimal)) == 204)
            let hashed = path + "?bodySHA256=" + hash
            #expect(try await status(hashed, body, ("X-Twilio-Signature", "vwDFEuaAcZtQuUbqc59HEfXqKEs=")) == 204)
            #expect(try await status(path, body + " ", ("X-SignalWire-Signature", hexadecimal)) == 403)
            #expect(try await status(hashed, body + " ", ("X-Twilio-Signature", "vwDFEuaAcZtQuUbqc59HEfXqKEs=")) == 403)
        }
        #expect(fixture.events.streams.count == 2)
    }

    @Test("a signature by another algorithm is taken where the request names it")
    func algorithm() async throws {
        let fixture = self.signed
        let path = "/webhooks/signalwire/amd?callId=c1"
        let body = "CallSid=CA1&AnsweredBy=human"
        let signature = ("X-Twilio-Signature", "b1/Gwf1QckdCB4zLiZZ7cR5UaMrIoW10HZUgbW/gah4=")
        let name = "X-Twilio-Webhooks-Signature-Settings"
        try await fixture.serve { server async throws in
            let named = [signature, (name, "key=1,algorithm=HMAC_SHA256")]
            #expect(try await self.post(server, path, body, named).status == .noContent)
            #expect(try await self.post(server, path, body, [signature]).status == .forbidden)
            let unknown = [signature, (name, "algorithm=MD5")]
            #expect(try await self.post(server, path, body, unknown).status == .forbidden)
        }
    }

    @Test("a document is given out for a signed fetch with a query")
    func documentSignature() async throws {
        var fixture = RouterFixture([
            "PUBLIC_URL": "https://router.example.com", "SIGNALWIRE_SIGNING_KEY": "PSKexample0123456789",
        ])
        fixture.signature = WebhookSignature(key: "PSKexample0123456789")
        let path = "/laml/call/11111111-1111-4111-8111-111111111111?v=1"
        let body = "CallSid=76ac3c36-56da-4a3e-a0d6-b5f8df6da9ad&CallStatus=in-progress&Direction=outbound-api"
        try await fixture.serve { server async throws in
            let headers = [("X-SignalWire-Signature", "yOYV3yfAHlITVLxT/tmU9dMaSbM=")]
            #expect(try await self.post(server, path, body, headers).text.contains("<Hangup/>"))
            #expect(try await self.post(server, path + "&w=2", body, headers).status == .forbidden)
        }
    }

    @Test("SWML is given out for a fetch that is signed as JSON")
    func swmlSignature() async throws {
        let fixture = self.signed
        fixture.put("c1", .ringing)
        let body = #"{"call":{"call_id":"76ac3c36","direction":"outbound"},"vars":{},"params":{}}"#
        try await fixture.serve { server async throws in
            let headers = [("X-SignalWire-Signature", "92ab873bd149293073bec35144fd2e8eaf8c3059")]
            let good = try await self.post(server, "/swml/call/c1", body, type: "application/json", headers)
            #expect(good.text.contains("stream:wss://router.example.com/phone/media-stream"))
            let bad = try await self.post(server, "/swml/call/c1/resume", body, type: "application/json", headers)
            #expect(bad.status == .forbidden)
        }
    }
}
