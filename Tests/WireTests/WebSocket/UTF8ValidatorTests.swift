import Testing
import Wire

@Suite struct UTF8ValidatorTests {
    private func isValid(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { UTF8Validator.isValid($0) } }

    /// The standard library as the judge.
    private func judge(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    @Test("every sequence of two bytes is judged as the standard library judges it")
    func allPairs() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max where self.isValid([first, second]) != self.judge([first, second]) {
                Issue.record("\(first) \(second)")
            }
        }
    }

    @Test("sequences of bytes near every boundary of the encoding are judged as the standard library judges them")
    func boundaries() {
        let edges: [UInt8] = [
            0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE,
            0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
        ]
        for first in edges {
            for second in edges {
                for third in edges {
                    if self.isValid([first, second, third]) != self.judge([first, second, third]) {
                        Issue.record("\(first) \(second) \(third)")
                    }
                }
            }
        }
        var random = SocketTestRandom(seed: 1)
        for _ in 0..<30_000 {
            let bytes = (0..<random.int(4...12)).map { _ in edges[random.int(0...edges.count - 1)] }
            if self.isValid(bytes) != self.judge(bytes) { Issue.record("\(bytes)") }
        }
    }

    @Test("text may be cut anywhere, and only its end tells whether a character is missing")
    func pieces() {
        var random = SocketTestRandom(seed: 2)
        for _ in 0..<300 {
            let bytes = Array(random.text(random.int(0...60)).utf8)
            for cut in 0...bytes.count {
                var validator = UTF8Validator()
                #expect(bytes[..<cut].withUnsafeBytes { validator.append($0) })
                #expect(validator.isComplete == self.judge(Array(bytes[..<cut])))
                #expect(bytes[cut...].withUnsafeBytes { validator.append($0) })
                #expect(validator.isComplete)
            }
        }
    }

    @Test("a wrong byte is found wherever it stands in a long run of ASCII")
    func wrongByteAnywhere() {
        for position in 0..<40 {
            var bytes = [UInt8](repeating: 0x61, count: 40)
            bytes[position] = 0xFF
            #expect(!self.isValid(bytes))
        }
        #expect(self.isValid([UInt8](repeating: 0x61, count: 41)))
        #expect(self.isValid([]))
    }
}
