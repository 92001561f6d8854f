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
