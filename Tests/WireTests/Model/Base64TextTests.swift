import Testing

@testable import Wire

@Suite struct Base64TextTests {
    private func isValid(_ bytes: some Sequence<UInt8>) -> Bool {
        Array(bytes).withUnsafeBytes(Base64Text.isValid)
    }

    @Test(
        "padded base64 is valid, everything else is not",
        arguments: [
            ("", true), ("AAAA", true), ("AA==", true), ("AAA=", true), ("+/09", true), ("azAZ", true),
            ("A", false), ("AA", false), ("AAA", false), ("A===", false), ("====", false), ("AA=A", false),
            ("AAAA=", false), ("AAAA====", false), ("AAA-", false), ("AAA_", false), ("AA A", false), ("AAA\n", false),
        ]
    )
    func texts(text: String, expected: Bool) {
        #expect(self.isValid(text.utf8) == expected)
    }

    @Test("each byte is judged the same wherever it stands, in a block or behind one")
    func everyByte() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        var misjudged: [String] = []
        for length in [4, 32, 36, 64, 68] {
            for position in 0..<length - 2 {
                for byte in UInt8.min...UInt8.max {
                    var bytes = [UInt8](repeating: UInt8(ascii: "x"), count: length)
                    bytes[position] = byte
                    if self.isValid(bytes) != alphabet.contains(byte) {
                        misjudged.append("\(byte) at \(position) of \(length)")
                    }
                }
            }
        }
        #expect(misjudged == [])
    }
}
