import Foundation
import NIOCore
import Testing

@testable import Wire

@Suite struct RealtimeAudioScanTests {
    static let plain = #"""
        {"type":"response.output_audio.delta","event_id":"event_9","response_id":"resp_1","item_id":"item_1",\#
        "output_index":0,"content_index":0,"delta":"/7Ck+A=="}
        """#

    /// The scan of a message that comes alone.
    private func scan(_ message: ByteBuffer) -> ModelEvent? {
        var recent = RecentIdentifiers()
        return RealtimeAudioScanner.scan(message, reusing: &recent)
    }

    @Test("identifiers are told as they come, whatever came before them")
    func identifiers() {
        var recent = RecentIdentifiers()
        for pair in [("resp_1", "item_1"), ("resp_1", "item_2"), ("resp_12", "item_2"), ("resp_1", "item_1")] {
            let text = Self.plain.replacingOccurrences(of: "resp_1", with: pair.0)
                .replacingOccurrences(of: "item_1", with: pair.1)
            guard
                case .audio(let response, let item, _)? = RealtimeAudioScanner.scan(
                    ByteBuffer(string: text),
                    reusing: &recent
                )
            else {
                Issue.record("not scanned")
                return
            }
            #expect(response == pair.0 && item == pair.1)
        }
    }

    @Test("audio of the API's examples is read by the scan, and every other message left to the parser")
    func examples() throws {
        for line in try ModelExamples.lines("openai-server.jsonl") {
            let message = ByteBuffer(string: line)
            let scanned = scan(message)
            #expect((scanned != nil) == line.contains(#""type":"response.output_audio.delta""#))
            if let scanned { #expect(try scanned == RealtimeMessage.decode(message)) }
        }
    }

    @Test("the payload shares the memory of the message, wherever that begins in its buffer")
    func slice() throws {
        var message = ByteBuffer(string: "12345" + Self.plain)
        message.moveReaderIndex(forwardBy: 5)
        guard case .audio("resp_1", "item_1", let base64)? = scan(message) else {
            Issue.record("not scanned")
            return
        }
        #expect(String(buffer: base64) == "/7Ck+A==")
        let inMessage = message.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) }
        let offset = base64.withUnsafeReadableBytes { UInt(bitPattern: $0.baseAddress) } - inMessage
        #expect(Int(offset) == Self.plain.utf8.count - #"/7Ck+A=="}"#.utf8.count)
    }

    /// Replacements in ``plain`` that leave a doubt.
    static let doubts: [(String, String)] = [
        ("A==\"}", "A==\"}x"),
        ("A==\"}", "A==\""),
        ("{\"type", "\u{FEFF}{\"type"),
        ("\"output_index\":0", "\"output_index\":[0]"),
        ("\"output_index\":0", "\"output_index\":00"),
        ("\"output_index\":0", "\"output_index\":0.5"),
        ("\"output_index\":0", "\"output_index\":-0"),
        ("\"output_index\":0", "\"delta\":\"AAAA\""),
        ("\"output_index\":0", "\"type\":\"x\""),
        ("\"output_index\":0", "\"event_id\":\"x\""),
        ("\"output_index\":0", "\"item_id\":\"x\""),
        ("\"output_index\":0", "\"a\":1,\"a\":2"),
        ("resp_1", #"resp\u005f1"#),
        ("resp_1", "résp"),
        ("resp_1", "re\tsp"),
        ("/7Ck", #"\/7Ck"#),
        ("/7Ck", "-7Ck"),
        ("A==", "A="),
        ("A==", "===="),
        ("\"item_id\":\"item_1\",", ""),
    ]

    @Test("whatever leaves a doubt is left to the parser", arguments: Self.doubts)
    func doubtful(part: String, replacement: String) {
        let text = Self.plain.replacingOccurrences(of: part, with: replacement)
        #expect(text != Self.plain)
        #expect(scan(ByteBuffer(string: text)) == nil)
    }

    @Test("the scan and the parser agree on messages written in any order, spacing and escaping")
    func property() throws {
        var random = ModelRandom(seed: 7)
        var scannedCount = 0
        for _ in 0..<2000 {
            let writing = Writing(random: &random)
            let message = ByteBuffer(string: writing.text)
            let parsed = try RealtimeMessage.decode(message)
            #expect(
                parsed
                    == .audio(
                        responseID: writing.responseID,
                        itemID: writing.itemID,
                        base64: ByteBuffer(string: writing.base64)
                    )
            )
            let scanned = scan(message)
            #expect((scanned != nil) == !writing.hasEscapes, "\(writing.text)")
            if let scanned {
                scannedCount += 1
                #expect(scanned == parsed)
            }
            #expect(try RealtimeDialect().decode(message) == parsed)
        }
        #expect(scannedCount > 500)
    }

    @Test("no mutation of a message crashes, and where the scan takes it the parser reads the same")
    func fuzz() throws {
        var random = ModelRandom(seed: 99)
        let lines =
            try ModelExamples.lines("openai-server.jsonl").map { Array($0.utf8.prefix(3000)) }
            + Array(repeating: Array(Self.plain.utf8), count: 40)
        var taken = 0
        for _ in 0..<6000 {
            let bytes = random.mutate(lines.randomElement(using: &random) ?? [])
            let message = ByteBuffer(bytes: bytes)
            let parsed = try? RealtimeMessage.decode(message)
            if let scanned = scan(message) {
                taken += 1
                #expect(scanned == parsed, "\(String(decoding: bytes, as: UTF8.self))")
            }
        }
        #expect(taken > 20)
    }

    /// One audio message, written in one of the many ways that mean the same.
    private struct Writing {
        let text: String
        let responseID: String
        let itemID: String
        let base64: String
        let hasEscapes: Bool

        init(random: inout ModelRandom) {
            let audio = (0..<Int.random(in: 0...400, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let base64 = Self.base64(audio)
            let responseID = "resp_\(UInt32.random(in: 0...(.max), using: &random))"
            let itemID = "item_\(UInt32.random(in: 0...(.max), using: &random))"
            var hasEscapes = false
            func string(_ text: String, escaping: Bool, _ random: inout ModelRandom) -> String {
                guard escaping else { return "\"\(text)\"" }
                let escaped = text.map { character -> String in
                    if character == "/", Bool.random(using: &random) {
                        hasEscapes = true
                        return #"\/"#
                    }
                    if Int.random(in: 0..<20, using: &random) == 0, let value = character.asciiValue {
                        hasEscapes = true
                        return #"\u00"# + (value < 16 ? "0" : "") + String(value, radix: 16)
                    }
                    return String(character)
                }
                return "\"\(escaped.joined())\""
            }
            let escaping = Int.random(in: 0..<3, using: &random) == 0
            var members = [
                ("type", string("response.output_audio.delta", escaping: escaping, &random)),
                ("event_id", string("event_1", escaping: escaping, &random)),
                ("response_id", string(responseID, escaping: escaping, &random)),
                ("item_id", string(itemID, escaping: escaping, &random)),
                ("output_index", "\(Int.random(in: 0...12, using: &random))"),
                ("content_index", "0"),
                ("delta", string(base64, escaping: escaping, &random)),
            ]
            if Bool.random(using: &random) { members.append(("obfuscation", "\"x7Qf\"")) }
            members.shuffle(using: &random)
            func space(_ random: inout ModelRandom) -> String {
                ["", "", "", " ", "\n", "\t ", "\r\n"].randomElement(using: &random) ?? ""
            }
            var text = space(&random) + "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," + space(&random) }
                text += space(&random) + "\"\(member.0)\"" + space(&random) + ":" + space(&random) + member.1
                text += space(&random)
            }
            self.text = text + "}" + space(&random)
            self.responseID = responseID
            self.itemID = itemID
            self.base64 = base64
            self.hasEscapes = hasEscapes
        }

        private static func base64(_ bytes: [UInt8]) -> String {
            let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
            var text = ""
            for start in stride(from: 0, to: bytes.count, by: 3) {
                let group = bytes[start..<min(start + 3, bytes.count)]
                let bits = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
                for place in 0..<4 {
                    text.append(place <= group.count ? alphabet[bits >> (18 - 6 * place) & 63] : "=")
                }
            }
            return text
        }
    }
}
