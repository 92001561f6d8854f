import Foundation
import StandIns
import Testing

@Suite struct StandInJSONTests {
    @Test("what is written is read as the same value, members in order and nothing escaped that need not be")
    func roundTrip() throws {
        for name in ["openai-server.jsonl", "openai-client.jsonl", "signalwire-inbound.jsonl"] {
            for line in try Fixture.text(name).split(separator: "\n") {
                let value = try StandInJSON(parsing: String(line))
                #expect(try StandInJSON(parsing: value.text) == value)
                #expect(value.text == line.replacing(".0}", with: "}").replacing(".0,", with: ","))
            }
        }
    }

    @Test("escapes of every kind are read, and written where they must be")
    func escapes() throws {
        let value = try StandInJSON(parsing: #"{"a\u0062\n":"\ud83d\ude00\"\\\/\b\f\r\t é\u0001"}"#)
        #expect(value.keys == ["ab\n"])
        #expect(value["ab\n"]?.string == "😀\"\\/\u{8}\u{C}\r\t é\u{1}")
        #expect(try StandInJSON(parsing: value.text) == value)
    }

    @Test(
        "what RFC 8259 does not allow is refused",
        arguments: [
            "", "{", "{}}", "[1,]", "{\"a\":}", "{\"a\" 1}", "{a:1}", "01", "1.", "-", "+1", ".5", "1e", "tru", "nul",
            "'a'",
            "\"\n\"", #""\x""#, #""\ud800""#, #""\u12g4""#, "[1 2]", "\"", "{\"a\":1,}", "NaN",
        ]
    )
    func refuses(_ text: String) {
        #expect(throws: StandInJSONError.self) { try StandInJSON(parsing: text) }
    }

    @Test("nesting has a limit")
    func depth() throws {
        _ = try StandInJSON(parsing: String(repeating: "[", count: 64) + String(repeating: "]", count: 64))
        #expect(throws: StandInJSONError.self) {
            try StandInJSON(parsing: String(repeating: "[", count: 65) + String(repeating: "]", count: 65))
        }
    }

    @Test("whatever Foundation reads is read, and whatever it refuses is refused")
    func agreesWithFoundation() throws {
        let lines = try Fixture.text("signalwire-inbound.jsonl").split(separator: "\n").map { Array($0.utf8) }
        for seed in 0..<4000 {
            var random = SeededGenerator(seed: UInt64(seed))
            var bytes = lines[seed % lines.count]
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                let alphabet = Array("{}[]\",:\\u0123e.-ntf ".utf8)
                let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
                if Bool.random(using: &random) { bytes[index] = byte } else { bytes.remove(at: index) }
            }
            let text = String(decoding: bytes, as: UTF8.self)
            let ours = (try? StandInJSON(parsing: text)) != nil
            let theirs = (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
            #expect(ours == theirs, "\(text)")
        }
    }
}
