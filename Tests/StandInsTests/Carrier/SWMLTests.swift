import StandIns
import Testing

@Suite(.timeLimit(.minutes(1)))
struct SWMLTests {
    private static func document(_ port: Int) -> String {
        """
        {"version":"1.0.0","sections":{"main":[{"answer":{}},{"connect":{"to":"stream:ws://127.0.0.1:\(port)/media-stream",\
        "codec":"L16@24000h@40i","realtime":true,"authorization_bearer_token":"t&1",\
        "status_url":"http://127.0.0.1:\(port)/stream","custom_parameters":{"callId":"c-1","token":"t&1"},\
        "result":{"variable":"connect_result","case":{\
        "connected":[{"transfer":{"dest":"http://127.0.0.1:\(port)/swml/resume"}}],\
        "failed":[{"play":{"url":"say:Sorry."}}]}}}},{"hangup":{}}]}}
        """
    }

    @Test("a SWML call opens its stream with token and parameters, and transfers when that is over; JSON is signed")
    func connects() async throws {
        try await CarrierBench.run(
            documents: {
                ["/swml": Self.document($0), "/swml/resume": #"{"version":"1.0.0","sections":{"main":["hangup"]}}"#]
            }
        ) { bench in
            let call = bench.carrier.makeCall()
            async let network: Void = call.run(from: "/swml", format: .swml)
            try await bench.router.waitForStart()
            let state = bench.router.state.current
            #expect(state.upgrades.first?.authorization == "Bearer t&1")
            let start = try #require(state.events("start").first?["start"])
            #expect(start["customParameters"]?["callId"] == "c-1")
            #expect(start["mediaFormat"]?["sampleRate"] == 24_000)
            bench.router.state.current.sockets.last?.close(code: 1000, reason: "")
            await network
            let record = call.record.current
            #expect(record.end == .documentEnded)
            #expect(record.fetches.map(\.status) == [200, 200])
            #expect(record.said.isEmpty)
            let requests = bench.requests("/swml") + bench.requests("/swml/resume")
            #expect(requests.count == 2)
            for request in requests + bench.requests("/stream") {
                #expect(request.contentType == "application/json")
                let signer = WebhookSigner(key: CarrierBench.signingKey)
                #expect(request.signature == signer.signature(url: bench.url(request.uri), jsonBody: request.body))
            }
            let body = try StandInJSON(parsing: requests[0].body)
            #expect(body["call"]?["call_id"]?.string == record.callSID)
            #expect(body["call"]?["direction"] == "inbound")
            let states = try bench.requests("/stream").map { try StandInJSON(parsing: $0.body)["params"]?["state"] }
            #expect(states == ["streaming", "finished"])
        }
    }

    @Test("a stream that cannot be had takes the case failed")
    func fails() async throws {
        try await CarrierBench.run(
            documents: { port in
                ["/swml": Self.document(port).replacing("ws://127.0.0.1:\(port)", with: "ws://nobody.example")]
            }
        ) { bench in
            let call = bench.carrier.makeCall()
            await call.run(from: "/swml", format: .swml)
            #expect(call.record.current.said == ["Sorry."])
            #expect(call.record.current.end == .documentEnded)
        }
    }

    @Test(
        "what is no SWML, or what the carrier does not know in it, is refused",
        arguments: [
            "", "[]", "{}", #"{"version":"2.0","sections":{"main":[]}}"#, #"{"version":"1.0.0","sections":{}}"#,
            #"{"version":"1.0.0","sections":{"main":["dance"]}}"#,
            #"{"version":"1.0.0","sections":{"main":[{"hangup":{},"answer":{}}]}}"#,
            #"{"version":"1.0.0","sections":{"main":[{"connect":{"to":"+15555550100"}}]}}"#,
            #"{"version":"1.0.0","sections":{"main":[{"connect":{"to":"stream:wss://a/b?c=d"}}]}}"#,
            #"{"version":"1.0.0","sections":{"main":[{"connect":{"to":"stream:wss://a/b","bearer":"t"}}]}}"#,
            #"{"version":"1.0.0","sections":{"main":[{"connect":{"to":"stream:wss://a","custom_parameters":{"a":1}}}]}}"#,
            #"{"version":"1.0.0","sections":{"main":[{"transfer":{}}]}}"#,
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: CallDocument.Refusal.self) { try CallDocument(parsingSWML: text) }
    }

    @Test("whatever a document is cut to or changed into, reading it ends")
    func fuzz() {
        let text = Array(Self.document(8080).unicodeScalars)
        for seed in 0..<2000 {
            var random = SeededGenerator(seed: UInt64(seed))
            var changed = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<changed.count, using: &random)
                let scalar = Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &random))
                if Bool.random(using: &random) { changed.remove(at: index) } else { changed[index] = scalar }
            }
            var document = String.UnicodeScalarView()
            document.append(contentsOf: changed)
            // Both endings are right here; only that it ends is asked for.
            _ = try? CallDocument(parsingSWML: String(document))
        }
    }
}
