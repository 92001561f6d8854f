import CallActors
import Foundation
import HTTPTypes
import HummingbirdTesting
import NIOCore
import Testing

@testable import CallRouter

@Suite("Documents of transfers, keypad tones and known callers")
struct TransferDocumentTests {
    private static let carrier = [
        "PUBLIC_URL": "http://127.0.0.1:8080", "SIGNALWIRE_PROJECT_ID": "p", "SIGNALWIRE_API_TOKEN": "t",
        "SIGNALWIRE_SPACE_URL": "http://127.0.0.1:1", "SIGNALWIRE_PHONE_NUMBER": "+15550111",
        "SIGNALWIRE_SIGNING_KEY": "k",
    ]

    private func post(_ server: any TestClientProtocol, _ path: String, _ form: String = "") async throws -> String {
        try await server.executeRequest(uri: path, method: .post, headers: [:], body: ByteBuffer(string: form)).text
    }

    @Test("a transfer dials the number that it chose, shows ours, and comes back to resume")
    func dial() async throws {
        let fixture = RouterFixture(Self.carrier)
        fixture.put("c1", .inProgress)
        fixture.switchboard.set { $0.transfers = ["c1": "+15550142"] }
        try await fixture.serve { server async throws in
            for path in ["/laml/call/c1/transfer", "/api/twiml/call/c1/transfer"] {
                #expect(
                    try await self.post(server, path) == #"<?xml version="1.0" encoding="UTF-8"?><Response>"#
                        + #"<Dial timeout="20" callerId="+15550111" "#
                        + #"action="http://127.0.0.1:8080/laml/call/c1/resume" method="POST">"#
                        + "<Number>+15550142</Number></Dial></Response>"
                )
            }
        }
    }

    @Test("a transfer without a number goes on as the call was, and one of a call that is over hangs up")
    func noTarget() async throws {
        let fixture = RouterFixture(Self.carrier)
        fixture.put("c1", .inProgress)
        fixture.put("over", .completed)
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/laml/call/c1/transfer").contains("<Connect>"))
            #expect(try await self.post(server, "/laml/call/over/transfer").contains("<Response><Hangup/>"))
            #expect(try await self.post(server, "/laml/call/none/transfer").contains("<Response><Hangup/>"))
        }
    }

    @Test(
        "how the dialled leg ended decides whether the call is over or the AI comes back",
        arguments: [
            ("completed", true), ("answered", true), ("Completed", true), ("busy", false), ("no-answer", false),
            ("failed", false), ("canceled", false), ("unheard-of", false),
        ]
    )
    func dialStatus(status: String, isOver: Bool) async throws {
        let fixture = RouterFixture(Self.carrier)
        fixture.put("c1", .inProgress)
        try await fixture.serve { server async throws in
            let text = try await self.post(server, "/laml/call/c1/resume", "DialCallStatus=\(status)")
            #expect(text.contains("<Hangup/>") == isOver)
            #expect(text.contains("<Connect>") == !isOver)
        }
        #expect(fixture.switchboard.log == ["transfer ended, answered: \(isOver)"])
    }

    @Test("a redirect for keypad tones has them played, and then the stream again")
    func digits() async throws {
        let fixture = RouterFixture(Self.carrier)
        fixture.put("c1", .inProgress)
        fixture.put("over", .completed)
        try await fixture.serve { server async throws in
            let text = try await self.post(server, "/laml/call/c1/resume?digits=ww12%23")
            #expect(text.contains(#"<Response><Play digits="ww12#"/><Connect>"#))
            #expect(text.contains("http://127.0.0.1:8080/laml/call/c1/resume</Redirect>"), "they are played once")
            for made in ["x", "1%3C", String(repeating: "1", count: 33), ""] {
                #expect(
                    try await self.post(server, "/laml/call/c1/resume?digits=\(made)").contains("<Response><Connect>")
                )
            }
            #expect(try await self.post(server, "/laml/call/over/resume?digits=1").contains("<Response><Hangup/>"))
            let swml = try await self.post(server, "/swml/call/c1/resume?digits=5")
            #expect(swml.contains(#"[{"answer":{}},{"connect""#), "its streams carry keys themselves")
        }
    }

    @Test("keypad tones and a dial are escaped like everything else")
    func verbs() {
        let document = LaMLDocument(
            .playDigits("ww1*#\""),
            .dial(.init(number: "<1>", callerID: nil, timeoutSeconds: 5, action: "http://a/?b&c"))
        )
        #expect(
            document.xml == #"<?xml version="1.0" encoding="UTF-8"?><Response><Play digits="ww1*#&quot;"/>"#
                + #"<Dial timeout="5" action="http://a/?b&amp;c" method="POST"><Number>&lt;1&gt;</Number></Dial>"#
                + "</Response>"
        )
    }

    @Test("identifiers with unusual characters are found again at the address that they are sent to")
    func unusualIdentifiers() async throws {
        let fixture = RouterFixture()
        let callID = "a b/ü<1>"
        fixture.put(callID, .inProgress)
        try await fixture.serve { server async throws in
            let text = try await self.post(server, "/laml/call/a%20b%2F%C3%BC%3C1%3E/resume")
            #expect(text.contains("http://127.0.0.1:8080/laml/call/a%20b%2F"))
            #expect(text.contains(#"value="a b/ü&lt;1&gt;""#))
        }
    }

    @Test("while draining a dialled call still gets its document")
    func draining() async throws {
        let fixture = RouterFixture()
        fixture.put("c1", .ringing)
        fixture.switchboard.set { $0.isDraining = true }
        try await fixture.serve { server async throws in
            #expect(try await self.post(server, "/laml/call/c1").contains("<Connect>"))
        }
    }

    @Test("a known caller is welcome, and the record of the call knows them")
    func knownCaller() async throws {
        var environment = Self.carrier
        environment["INBOUND_CALLS"] = "reject"
        let fixture = RouterFixture(environment)
        try await fixture.serve { server async throws in
            let known = try await self.post(server, "/laml/inbound", "CallSid=CA1&From=%2B15550177&To=%2B15550111")
            #expect(known.contains("<Connect>"))
            #expect(try await self.post(server, "/laml/inbound", "CallSid=CA2&From=%2B15550178").contains("<Say>"))
        }
        let record = try #require(fixture.store.calls.first)
        #expect(fixture.store.calls.count == 1)
        #expect(record.leadID == "lead-1")
        #expect(record.businessID == "b-1")
        #expect(record.context == ["service_category": "roofing"])
        #expect(record.from == "+15550177")
    }
}
