import Foundation
import NIOCore
import Testing

@testable import Wire

/// The scan for media messages must agree with the JSON decoder wherever it has an opinion.
@Suite struct MediaScanTests {
    @Test("the media messages of both carriers need no JSON decoder and are not copied")
    func takesTheOrdinary() throws {
        for file in ["examples/signalwire-inbound.jsonl", "examples/twilio-inbound.jsonl"] {
            for text in try CarrierTestSupport.messages(file) {
                let payload = MediaScan.payload(of: text)
                #expect((payload != nil) == String(buffer: text).contains(#""event":"media""#))
                guard let payload else { continue }
                let isShared = text.withUnsafeReadableBytes { text in
                    payload.withUnsafeReadableBytes { payload in
                        guard let start = text.baseAddress, let place = payload.baseAddress else { return false }
                        return start < place && place < start + text.count
                    }
                }
                #expect(isShared)
            }
        }
    }

    @Test(
        "spaces, other orders and other plain fields do not disturb it",
        arguments: [
            #" {"event" : "media", "media" : {"payload" : "AAAA"} } "#,
            "{\n\t\"media\": {\r\n \"payload\": \"AAAA\", \"track\": \"inbound\"}, \"event\": \"media\"}\n",
            #"{"streamSid":"x","sequenceNumber":3,"event":"media","media":{"chunk":1,"payload":"AAAA"},"a":true,"b":null}"#,
            #"{"event":"media","media":{"payload":"AAAA","timestamp":0,"f":false},"n":123456789012345}"#,
        ]
    )
    func takes(_ text: String) throws {
        let buffer = ByteBuffer(string: text)
        #expect(MediaScan.payload(of: buffer) == ByteBuffer(string: "AAAA"))
        #expect(try CarrierDecoder.decodeJSON(buffer) == .media(payload: ByteBuffer(string: "AAAA")))
    }

    @Test(
        "it gives up on what is out of the ordinary",
        arguments: [
            #"{"event":"media","media":{"payload":"AA\/A"}}"#,
            #"{"\u0065vent":"media","media":{"payload":"AAAA"}}"#,
            #"{"event":"media","media":{"payload":"AAAA","x":{"payload":"BBBB"}}}"#,
            #"{"event":"media","x":{"payload":"BBBB"},"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","x":["payload"],"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","media":{"payload":"AAAA","payload":"BBBB"}}"#,
            #"{"event":"media","media":{"payload":"AAAA"},"media":{"payload":"BBBB"}}"#,
            #"{"event":"media","event":"stop","media":{"payload":"AAAA"}}"#,
            #"{"event":"media","media":{"track":"inbound","track":"outbound","payload":"AAAA"}}"#,
            #"{"event":"media","media":{"track":"outbound","payload":"AAAA"}}"#,
            #"{"event":"stop","media":{"payload":"AAAA"}}"#,
            #"{"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","payload":"AAAA","media":{}}"#,
            #"{"event":"media","media":{"payload":""}}"#,
            #"{"event":"media","media":{"payload":"AAA"}}"#,
            #"{"event":"media","media":{"payload":"AAAA"}}x"#,
            #"{"event":"media","media":{"payload":"AAAA"},}"#,
            #"{"event":"media","media":{"payload":"AAAA",}}"#,
            #"{"event":"media","media":{"payload":"AAAA"}"#,
            #"{"event":"media","media":{"payload":"AAAA"}} {}"#,
            #"{"event":"media","n":01,"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","n":1.5,"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","n":-1,"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","n":1234567890123456,"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","é":1,"media":{"payload":"AAAA"}}"#,
            #"{"event":"media","n":truex,"media":{"payload":"AAAA"}}"#,
            #"{'event':"media","media":{"payload":"AAAA"}}"#,
            "{\"event\":\"media\",\"x\":\"\n\",\"media\":{\"payload\":\"AAAA\"}}",
            #"[{"event":"media","media":{"payload":"AAAA"}}]"#,
            #""payload""#, "", "{", "{}",
        ]
    )
    func givesUp(_ text: String) {
        #expect(MediaScan.payload(of: ByteBuffer(string: text)) == nil)
    }

    @Test("it agrees with the JSON decoder on every spelling of a media message")
    func agreesOnSpellings() throws {
        var random = CarrierTestSupport.Random(seed: 3)
        var scanned = 0
        for _ in 0..<4000 {
            let message = MediaMessageGenerator.message(using: &random)
            let text = ByteBuffer(string: message.text)
            let decoded = try CarrierDecoder.decode(text)
            #expect(try decoded == CarrierDecoder.decodeJSON(text), "\(message.text)")
            #expect(decoded == message.event, "\(message.text)")
            if MediaScan.payload(of: text) != nil { scanned += 1 }
        }
        #expect(scanned > 400 && scanned < 3600, "both ways must be taken")
    }

    @Test("it agrees with the JSON decoder on whatever it accepts of damaged messages")
    func agreesOnDamage() throws {
        var random = CarrierTestSupport.Random(seed: 4)
        let pieces = [
            "\"", "\\", "{", "}", ",", ":", "[", "]", " ", "\n", "=", "\0", "é", "\"payload\":\"BBBB\",",
            "\"event\":\"stop\",",
            "\"media\":{},", "\"track\":\"outbound\",", "0", "1e9", "true", "\\u0041", "//",
        ]
        var accepted = 0
        for _ in 0..<30_000 {
            var bytes = Array(MediaMessageGenerator.message(using: &random, isPlain: true).text.utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 1: bytes.remove(at: place)
                case 2: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
                default:
                    let end = Int.random(in: place...min(place + 20, bytes.count), using: &random)
                    bytes.removeSubrange(place..<end)
                }
                if bytes.isEmpty { bytes = [0x7B] }
            }
            let text = ByteBuffer(bytes: bytes)
            guard let payload = MediaScan.payload(of: text) else {
                _ = try? CarrierDecoder.decode(text)  // Must not crash.
                continue
            }
            accepted += 1
            #expect(try CarrierDecoder.decodeJSON(text) == .media(payload: payload), "\(String(buffer: text))")
        }
        #expect(accepted > 1000, "damage to what does not matter must be survived")
    }

    @Test("what comes out as audio is base64 and nothing else, even from damaged messages")
    func payloadsAreSafe() {
        var random = CarrierTestSupport.Random(seed: 5)
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=".utf8)
        for _ in 0..<5000 {
            var bytes = Array(MediaMessageGenerator.message(using: &random).text.utf8)
            let place = Int.random(in: 0..<bytes.count, using: &random)
            bytes[place] = UInt8.random(in: 0x20...0x7E, using: &random)
            guard case .media(let payload)? = try? CarrierDecoder.decode(ByteBuffer(bytes: bytes)) else { continue }
            #expect(payload.readableBytesView.allSatisfy { alphabet.contains($0) })
            #expect(Base64.decode(payload) != nil)
        }
    }
}
