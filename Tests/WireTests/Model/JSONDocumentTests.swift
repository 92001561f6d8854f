import Foundation
import NIOCore
import Testing

@testable import Wire

@Suite struct JSONDocumentTests {
    @Test("a document is the same after writing and reading, and equal values are equal bytes")
    func roundTrip() throws {
        let value: JSONDocument = [
            "z": [1, -7, 0.5, true, false, nil, "a/b\n\"\u{1F642}"], "a": ["nested": [:], "list": []],
            "large": 9_007_199_254_740_993,
        ]
        #expect(JSONDocument(parsing: String(buffer: value.encoded())) == value)
        #expect(
            String(buffer: (["b": 1, "a": ["d": "x/y", "c": nil]] as JSONDocument).encoded())
                == #"{"a":{"c":null,"d":"x/y"},"b":1}"#
        )
    }

    @Test("what is no JSON is no value", arguments: ["", "{", "nul", "{\"a\":}", "[1 2]", "\u{0}"])
    func broken(text: String) {
        #expect(JSONDocument(parsing: text) == nil)
    }

    @Test("a number that JSON cannot write becomes null")
    func infinite() {
        #expect(String(buffer: JSONDocument.array([.number(.infinity), .number(.nan)]).encoded()) == "[null,null]")
    }

    @Test("what is written is what the encoder of Foundation writes", arguments: 0..<300)
    func asFoundationWrites(seed: Int) throws {
        var generator = ModelRandom(seed: UInt64(seed))
        let value = Self.random(depth: 4, &generator)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        #expect(String(buffer: value.encoded()) == String(decoding: try encoder.encode(value), as: UTF8.self))
    }

    private static func random(depth: Int, _ generator: inout ModelRandom) -> JSONDocument {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &generator) {
        case 0: return .null
        case 1: return .bool(.random(using: &generator))
        case 2:
            return .integer(Int(truncatingIfNeeded: generator.next() >> UInt64.random(in: 0..<64, using: &generator)))
        case 3: return .number(Double(Int.random(in: -99_999...99_999, using: &generator)) / 64)
        case 4, 5: return .string(Self.text(&generator))
        case 6:
            return .array(
                (0..<Int.random(in: 0..<4, using: &generator)).map { _ in Self.random(depth: depth - 1, &generator) }
            )
        default:
            let members = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
                (Self.text(&generator), Self.random(depth: depth - 1, &generator))
            }
            return .object(Dictionary(members) { first, _ in first })
        }
    }

    /// Letters, what must be escaped, and what need not be.
    private static func text(_ generator: inout ModelRandom) -> String {
        let alphabet: [Character] = [
            "a", "B", "0", " ", "/", "\"", "\\", "\n", "\t", "\r", "\u{08}", "\u{0C}", "\u{00}", "\u{1F}", "\u{7F}",
            "é",
            "漢", "\u{2028}", "🙂",
        ]
        return String(
            (0..<Int.random(in: 0..<12, using: &generator)).compactMap { _ in alphabet.randomElement(using: &generator)
            }
        )
    }

    @Test("members are found in objects only")
    func members() {
        let value: JSONDocument = ["a": ["b": 1]]
        #expect(value["a"]?["b"] == 1)
        #expect(value["c"] == nil)
        #expect(JSONDocument.array([])["a"] == nil)
    }

    @Test("nesting without end is turned down, not followed")
    func deep() {
        #expect(JSONDocument(parsing: String(repeating: "[", count: 100_000)) == nil)
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(JSONDocument(parsing: deep) == nil)
    }
}
