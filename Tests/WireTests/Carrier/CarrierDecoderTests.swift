import Foundation
import NIOCore
import Testing
import Wire

@Suite struct CarrierDecoderTests {
    private static let silence = String(repeating: "/", count: 213) + "w=="

    private static func decode(_ text: String) throws(CarrierMessageError) -> CarrierEvent {
        try CarrierDecoder.decode(ByteBuffer(string: text))
    }

    @Test("SignalWire's messages are understood")
    func signalWire() throws {
        let events = try CarrierTestSupport.messages("examples/signalwire-inbound.jsonl")
            .map { try CarrierDecoder.decode($0) }
        let start = StreamStart(
            streamSID: "7d56cc11-536d-4a45-b4fb-ed3d55be843b",
            callSID: "76ac3c36-56da-4a3e-a0d6-b5f8df6da9ad",
            accountSID: "b08dacad-2f6c-4de1-93d6-cc732e0c69c5",
            customParameters: [
                "callId": "11111111-1111-4111-8111-111111111111", "token": "e3b0c44298fc1c149afbf4c8996fb924",
            ],
            mediaFormat: MediaFormat(encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1)
        )
        try #require(events.count == 8)
        #expect(Array(events[0...2]) == [.connected, .start(start), .media(payload: ByteBuffer(string: Self.silence))])
        #expect(Array(events[5...]) == [.dtmf(digit: "5"), .mark(name: "resp_001:done"), .stop])
        for case .media(let payload) in events { #expect(Base64.decode(payload)?.readableBytes == 160) }
    }

    @Test("Twilio's messages are understood")
    func twilio() throws {
        let events = try CarrierTestSupport.messages("examples/twilio-inbound.jsonl").map {
            try CarrierDecoder.decode($0)
        }
        let start = StreamStart(
            streamSID: "MZ18ad3ab5a668481ce02b83e7395059f0",
            callSID: "CA0123456789abcdef0123456789abcdef",
            accountSID: "AC0123456789abcdef0123456789abcdef",
            customParameters: ["callId": "11111111-1111-4111-8111-111111111111"],
            mediaFormat: MediaFormat(encoding: "audio/x-mulaw", sampleRate: 8000, channels: 1)
        )
        let expected: [CarrierEvent] = [
            .connected, .start(start), .media(payload: ByteBuffer(string: Self.silence)), .dtmf(digit: "1"),
            .mark(name: "resp_001:done"), .stop,
        ]
        #expect(events == expected)
    }

    @Test("the shortest start works")
    func shortestStart() throws {
        let event = try Self.decode(#"{"event":"start","start":{"callSid":"TEST123","streamSid":"STREAM123"}}"#)
        #expect(event == .start(StreamStart(streamSID: "STREAM123", callSID: "TEST123")))
    }

    @Test("the stream's identifier may stand outside of `start`, or be missing")
    func streamSIDPlaces() throws {
        #expect(
            try Self.decode(#"{"event":"start","streamSid":"S","start":{"callSid":"C"}}"#)
                == .start(StreamStart(streamSID: "S", callSID: "C"))
        )
        #expect(try Self.decode(#"{"event":"start","start":{}}"#) == .start(StreamStart(streamSID: "", callSID: nil)))
        #expect(
            try Self.decode(#"{"event":"start","streamSid":"outer","start":{"streamSid":"inner"}}"#)
                == .start(StreamStart(streamSID: "inner", callSID: nil))
        )
    }

    @Test("custom parameters that are numbers or truth values become text, and what is nested is left out")
    func customParameters() throws {
        let text = """
            {"event":"start","start":{"streamSid":1,"callSid":null,"customParameters":{"callId":42,"ratio":0.5,"vip":true,
            "text":"a\\"b\\u00e9","none":null,"list":[1],"object":{"a":1}}}}
            """
        let parameters = ["callId": "42", "ratio": "0.5", "vip": "true", "text": "a\"bé"]
        #expect(
            try Self.decode(text) == .start(StreamStart(streamSID: "1", callSID: nil, customParameters: parameters))
        )
        for none in ["null", "{}", "[]"] {
            #expect(
                try Self.decode(#"{"event":"start","start":{"customParameters":\#(none)}}"#)
                    == .start(StreamStart(streamSID: "", callSID: nil))
            )
        }
    }

    @Test(
        "a media format is read leniently",
        arguments: [
            (#"{"encoding":"audio/x-L16","sampleRate":"24000","channels":"1"}"#, "audio/x-L16", 24_000, 1),
            (#"{"encoding":"audio/x-L16","sampleRate":16000.0,"channels":1}"#, "audio/x-L16", 16_000, 1),
            (#"{"encoding":"audio/x-mulaw"}"#, "audio/x-mulaw", 8000, 1),
            (#"{"encoding":"audio/x-mulaw","sampleRate":8000,"channels":2,"extra":[]}"#, "audio/x-mulaw", 8000, 2),
        ]
    )
    func mediaFormat(_ format: String, encoding: String, rate: Int, channels: Int) throws {
        guard case .start(let start) = try Self.decode(#"{"event":"start","start":{"mediaFormat":\#(format)}}"#) else {
            Issue.record("not a start")
            return
        }
        #expect(start.mediaFormat == MediaFormat(encoding: encoding, sampleRate: rate, channels: channels))
    }

    @Test("a format without an encoding counts as none", arguments: ["null", "{}", #"{"sampleRate":8000}"#])
    func noEncoding(_ format: String) throws {
        #expect(
            try Self.decode(#"{"event":"start","start":{"mediaFormat":\#(format)}}"#)
                == .start(StreamStart(streamSID: "", callSID: nil))
        )
    }

    @Test("every key of a telephone is understood, as a string or as a number, and nothing else is")
    func digits() throws {
        for digit in "0123456789*#ABCD" {
            #expect(try Self.decode(#"{"event":"dtmf","dtmf":{"digit":"\#(digit)"}}"#) == .dtmf(digit: String(digit)))
        }
        #expect(try Self.decode(#"{"event":"dtmf","dtmf":{"digit":7,"duration":"100"}}"#) == .dtmf(digit: "7"))
        #expect(try Self.decode(#"{"event":"dtmf","dtmf":{"digit":"b"}}"#) == .dtmf(digit: "B"))
        for digit in [#""""#, #""12""#, "12", "-1", "1.5", #""E""#, #"" ""#, #""é""#, "null", "true", "[]"] {
            #expect(throws: CarrierMessageError.self) {
                try Self.decode(#"{"event":"dtmf","dtmf":{"digit":\#(digit)}}"#)
            }
        }
    }

    @Test("audio that is not the caller's is never taken for it")
    func otherTracks() throws {
        for track in ["outbound", "outbound_track", "both", ""] {
            for text in [
                #"{"event":"media","media":{"track":"\#(track)","chunk":"1","timestamp":"0","payload":"AAAA"}}"#,
                #"{"event":"media","media":{"payload":"AAAA","track":"\#(track)"}}"#,
                #"{ "media" : {"payload":"AA\u0041A","track":"\#(track)"},"event":"media"}"#,
            ] {
                #expect(try Self.decode(text) == .unknown(event: "media.\(track)"))
            }
        }
        #expect(
            try Self.decode(#"{"event":"dtmf","dtmf":{"track":"outbound_track","digit":"1"}}"#)
                == .unknown(event: "dtmf.outbound_track")
        )
    }

    @Test("media without a track or of the inbound track is the caller's, and an empty one is none")
    func inboundTracks() throws {
        let audio = CarrierEvent.media(payload: ByteBuffer(string: "AAAA"))
        #expect(try Self.decode(#"{"event":"media","media":{"payload":"AAAA"}}"#) == audio)
        #expect(try Self.decode(#"{"event":"media","media":{"track":"inbound_track","payload":"AAAA"}}"#) == audio)
        #expect(try Self.decode(#"{"event":"media","media":{"payload":""}}"#) == .unknown(event: "media.empty"))
    }

    @Test(
        "a payload that is not base64 is refused, whatever way it is written",
        arguments: [
            "AAA", "AAAA\\\"", "AAA\\n", "AAAA=", "AA-_", "A A=", "AA\\u0022,\\u0022", "////\\u0000", "AAAé", "=AAA",
        ]
    )
    func payloads(_ payload: String) {
        for text in [
            #"{"event":"media","media":{"track":"inbound","payload":"\#(payload)"}}"#,
            #"{"media":{"payload":"\#(payload)"},"event":"media","extra":[]}"#,
        ] {
            #expect(throws: CarrierMessageError(byteCount: text.utf8.count, reason: "`media.payload` is not base64")) {
                try Self.decode(text)
            }
        }
    }

    @Test("escaped characters in a payload are the characters")
    func escapedPayload() throws {
        let event = try Self.decode(#"{"event":"media","media":{"payload":"\/\/\/\u002fAA\u003D="}}"#)
        #expect(event == .media(payload: ByteBuffer(string: "////AA==")))
    }

    @Test("a mark's name is any text")
    func marks() throws {
        #expect(try Self.decode(#"{"event":"mark","mark":{"name":"a\"b\\é\u0001"}}"#) == .mark(name: "a\"b\\é\u{1}"))
        #expect(try Self.decode(#"{"event":"mark","mark":{"name":17}}"#) == .mark(name: "17"))
    }

    @Test("unknown events are told by name, and a long name is cut")
    func unknown() throws {
        #expect(try Self.decode(#"{"event":"pause","payload":{"a":[1,2,{}]}}"#) == .unknown(event: "pause"))
        let long = String(repeating: "x", count: 1000)
        #expect(try Self.decode(#"{"event":"\#(long)"}"#) == .unknown(event: String(repeating: "x", count: 64)))
        #expect(try Self.decode(#"{"event":"Start","start":5}"#) == .unknown(event: "Start"))
    }

    @Test(
        "what cannot be read is refused without its contents",
        arguments: [
            ("", "not JSON"), ("secret", "not JSON"), ("{", "not JSON"), (#"{"event":"stop"}x"#, "not JSON"),
            (#"{"event":"media","media":{"payload":"AAAA"}"#, "not JSON"),
            ("[]", "not a JSON object"), ("null", "not a JSON object"), ("5", "not a JSON object"),
            (#""secret""#, "not a JSON object"),
            ("{}", "no `event`"), (#"{"event":5}"#, "no `event`"), (#"{"event":null}"#, "no `event`"),
            (#"{"Event":"secret"}"#, "no `event`"),
            (#"{"event":"start"}"#, "`start` is missing"), (#"{"event":"start","start":null}"#, "`start` is missing"),
            (#"{"event":"start","start":"secret"}"#, "`start` has the wrong type"),
            (#"{"event":"start","start":{"customParameters":"secret"}}"#, "`start` has the wrong type"),
            (#"{"event":"start","start":{"customParameters":["secret"]}}"#, "`start` has the wrong type"),
            (#"{"event":"start","start":{"mediaFormat":7}}"#, "`start` has the wrong type"),
            (
                #"{"event":"start","start":{"mediaFormat":{"encoding":"e","sampleRate":"x"}}}"#,
                "`start` has the wrong type"
            ),
            (#"{"event":"media"}"#, "`media.payload` is missing"),
            (#"{"event":"media","media":[1]}"#, "`media` has the wrong type"),
            (#"{"event":"media","media":"secret"}"#, "`media` has the wrong type"),
            (#"{"event":"media","media":{"payload":["secret"]}}"#, "`media.payload` is missing"),
            (#"{"event":"dtmf"}"#, "`dtmf.digit` is missing"),
            (#"{"event":"dtmf","dtmf":{"digit":"secret"}}"#, "`dtmf.digit` is none of 0-9 * # A-D"),
            (#"{"event":"mark","mark":{}}"#, "`mark.name` is missing"),
        ]
    )
    func refusals(_ text: String, reason: String) {
        let error = CarrierMessageError(byteCount: text.utf8.count, reason: reason)
        #expect(throws: error) { try Self.decode(text) }
        #expect(!error.description.contains("secret"))
    }

    @Test("what does not matter to an event may be anything")
    func irrelevantFields() throws {
        #expect(try Self.decode(#"{"event":"stop","start":5,"media":"x","streamSid":{},"stop":[]}"#) == .stop)
        #expect(try Self.decode(#"{"protocol":7,"event":"connected","mark":false}"#) == .connected)
    }

    @Test("an object with very many names is refused, and deep nesting too")
    func hugeObjects() {
        let names = (0..<5000).map { #""k\#($0)":1"# }.joined(separator: ",")
        #expect(throws: CarrierMessageError.self) {
            try Self.decode(#"{"event":"start","start":{"customParameters":{\#(names)}}}"#)
        }
        let depth = 20_000
        let nested = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        #expect(throws: CarrierMessageError.self) { try Self.decode(#"{"event":"stop","x":\#(nested)}"#) }
    }
}
