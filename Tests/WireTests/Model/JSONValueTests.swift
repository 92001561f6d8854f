import NIOCore
import Testing

@testable import Wire

@Suite struct JSONValueTests {
    @Test("a document is the same after writing and reading, and equal values are equal bytes")
    func roundTrip() throws {
        let value: JSONValue = [
            "z": [1, -7, 0.5, true, false, nil, "a/b\n\"\u{1F642}"], "a": ["nested": [:], "list": []],
            "large": 9_007_199_254_740_993,
        ]
        #expect(JSONValue(parsing: String(buffer: value.encoded())) == value)
        #expect(
            String(buffer: (["b": 1, "a": ["d": "x/y", "c": nil]] as JSONValue).encoded())
                == #"{"a":{"c":null,"d":"x/y"},"b":1}"#
        )
    }

    @Test("what is no JSON is no value", arguments: ["", "{", "nul", "{\"a\":}", "[1 2]", "\u{0}"])
    func broken(text: String) {
        #expect(JSONValue(parsing: text) == nil)
    }

    @Test("a number that JSON cannot write becomes null")
    func infinite() {
        #expect(String(buffer: JSONValue.array([.number(.infinity), .number(.nan)]).encoded()) == "[null,null]")
    }

    @Test("members are found in objects only")
    func members() {
        let value: JSONValue = ["a": ["b": 1]]
        #expect(value["a"]?["b"] == 1)
        #expect(value["c"] == nil)
        #expect(JSONValue.array([])["a"] == nil)
    }

    @Test("nesting without end is turned down, not followed")
    func deep() {
        #expect(JSONValue(parsing: String(repeating: "[", count: 100_000)) == nil)
        let deep = String(repeating: "[", count: 5000) + String(repeating: "]", count: 5000)
        #expect(JSONValue(parsing: deep) == nil)
    }
}
