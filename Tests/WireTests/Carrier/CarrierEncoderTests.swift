import Foundation
import NIOCore
import Testing
import Wire

@Suite struct CarrierEncoderTests {
    private let encoder = CarrierEncoder(streamSID: "7d56cc11-536d-4a45-b4fb-ed3d55be843b")

    @Test("the messages are those of the protocol, byte for byte")
    func examples() throws {
        let lines = try CarrierTestSupport.messages("examples/signalwire-outbound.jsonl")
        try #require(lines.count == 5)
        for line in lines[0...1] {
            let text = String(buffer: line)
            let payload = try #require(text.split(separator: "\"").dropLast().last)
            let audio = try #require(Base64.decode(ByteBuffer(substring: payload)))
            #expect(audio.readableBytes == 160)
            #expect(String(buffer: self.encoder.media(audio: audio)) == text)
        }
        #expect(self.encoder.mark("resp_001:done") == lines[2])
        #expect(self.encoder.clear() == lines[3])
        #expect(self.encoder.dtmf("5") == lines[4])
    }

    @Test("audio of every length comes back from the message")
    func mediaLengths() throws {
        var random = CarrierTestSupport.Random(seed: 6)
        for count in Array(0...20) + [160, 320, 480, 960, 8000] {
            let audio = ByteBuffer(bytes: random.bytes(count))
            let message = try Self.object(self.encoder.media(audio: audio))
            let media = try #require(message["media"] as? [String: String])
            #expect(media == ["payload": Data(audio.readableBytesView).base64EncodedString()])
            #expect(message["streamSid"] as? String == "7d56cc11-536d-4a45-b4fb-ed3d55be843b")
        }
    }

    @Test(
        "no identifier or name can break out of its string",
        arguments: ["a\"b", "\\", "\"},{\"event\":\"x", "\u{0}\u{1F}\n\t", "é😀", "", "\u{7F}\u{2028}", "\\\"\\u0041"]
    )
    func escaping(_ text: String) throws {
        let encoder = CarrierEncoder(streamSID: text)
        let messages = [
            encoder.media(audio: ByteBuffer(bytes: [1])), encoder.mark(text), encoder.clear(), encoder.dtmf("#"),
        ]
        for message in messages { #expect(try Self.object(message)["streamSid"] as? String == text) }
        #expect(try Self.object(messages[1])["mark"] as? [String: String] == ["name": text])
        guard case .mark(let name) = try CarrierDecoder.decode(messages[1]) else {
            Issue.record("not a mark")
            return
        }
        #expect(name == text)
    }

    private static func object(_ message: ByteBuffer) throws -> [String: Any] {
        let object = try JSONSerialization.jsonObject(with: Data(message.readableBytesView))
        return try #require(object as? [String: Any])
    }
}
