/// SplitMix64: the same numbers on every run, so that a failure can be repeated.
struct SocketTestRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var z = self.state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func int(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: 0...255, using: &self) } }

    /// Text of about `byteCount` UTF-8 bytes, of characters of every length.
    mutating func text(_ byteCount: Int) -> String {
        let alphabet: [Character] = ["a", "Z", "0", "\"", "{", "é", "ß", "я", "漢", "€", "한", "🙂", "𝄞", "\u{10FFFF}"]
        let isASCII = Bool.random(using: &self)
        var text = ""
        var count = 0
        while count < byteCount {
            let character: Character = isASCII ? "x" : alphabet[self.int(0...alphabet.count - 1)]
            text.append(character)
            count += character.utf8.count
        }
        return text
    }
}
