import StandIns
import Testing

@Suite struct CallDocumentTests {
    @Test("a document is read into its verbs, with entities, attributes and comments")
    func reads() throws {
        let document = try CallDocument(
            parsing: """
                <?xml version="1.0" encoding="UTF-8"?>
                <!-- one call -->
                <Response>
                  <Say voice="woman">Hi &amp; welcome &#x263A;</Say><Pause length="2"/>
                  <Connect><Stream url='wss://router.example.com/media-stream' realtime="true" codec="L16@24000h">
                    <Parameter name="callId" value="a&quot;b"/></Stream></Connect>
                  <Dial timeout="20" callerId="+15555550100" action="https://router.example.com/resume">+15555550199</Dial>
                  <Redirect method="GET"> https://router.example.com/next?a=1&amp;b=2 </Redirect>
                  <Hangup/>
                </Response>
                """
        )
        #expect(
            document.verbs == [
                .say("Hi & welcome ☺"), .pause(seconds: 2),
                .connect(
                    CallDocument.Stream(
                        url: "wss://router.example.com/media-stream",
                        authBearerToken: nil,
                        codec: "L16@24000h",
                        isRealtime: true,
                        parameters: ["callId": "a\"b"]
                    )
                ),
                .dial(
                    CallDocument.Dial(
                        number: "+15555550199",
                        callerID: "+15555550100",
                        timeoutSeconds: 20,
                        action: "https://router.example.com/resume",
                        method: "POST"
                    )
                ), .redirect(url: "https://router.example.com/next?a=1&b=2", method: "GET"), .hangup,
            ]
        )
    }

    @Test(
        "what a carrier would not take is refused",
        arguments: [
            "", " <Response/>", "<Response>", "<Response><Play/></Response>", "<Other/>",
            "<Response></Response><Response/>",
            "<Response><Say>a & b</Say></Response>", "<Response><Say>&nbsp;</Say></Response>",
            "<Response><Connect/></Response>", "<Response><Connect><Stream/></Connect></Response>",
            "<Response><Connect><Stream url=\"wss://a/b?c=d\"/></Connect></Response>",
            "<Response><Connect><Stream url=\" wss://a/b\"/></Connect></Response>",
            "<Response><Connect><Stream url=\"https://a/b\"/></Connect></Response>",
            "<Response><Redirect></Redirect></Response>", "<Response><Hangup a=\"1\" a=\"2\"/></Response>",
            "<Response><Hangup a=1/></Response>", "<Response><Hangup></Response></Hangup>",
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: CallDocument.Refusal.self) { try CallDocument(parsing: text) }
    }

    @Test("whatever a document is cut to or changed into, reading it ends")
    func fuzz() {
        let text = Array(FakeRouter.connect(8080, then: "<Redirect>http://a/b</Redirect>").unicodeScalars)
        for seed in 0..<3000 {
            var random = SeededGenerator(seed: UInt64(seed))
            var changed = text
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: 0..<changed.count, using: &random)
                let scalar = Unicode.Scalar(UInt8.random(in: 0x20...0x7E, using: &random))
                switch Int.random(in: 0..<3, using: &random) {
                case 0: changed.remove(at: index)
                case 1: changed.insert(scalar, at: index)
                default: changed[index] = scalar
                }
            }
            var document = String.UnicodeScalarView()
            document.append(contentsOf: changed)
            _ = try? CallDocument(parsing: String(document))
        }
    }
}
