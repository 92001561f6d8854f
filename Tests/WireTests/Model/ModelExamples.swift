import Foundation
import NIOCore
import Testing

@testable import Wire

/// The example messages that lie beside the tests, and what tests of messages need besides.
enum ModelExamples {
    static func text(_ name: String) throws -> String {
        let url = try #require(
            Bundle.module.url(forResource: name, withExtension: nil, subdirectory: "Fixtures/examples")
        )
        return try String(contentsOf: url, encoding: .utf8)
    }

    static func lines(_ name: String) throws -> [String] {
        try Self.text(name).split(separator: "\n").map(String.init)
    }

    static func json(_ text: String) throws -> JSONDocument {
        try #require(JSONDocument(parsing: text))
    }

    static func json(_ buffer: ByteBuffer) throws -> JSONDocument {
        try Self.json(String(buffer: buffer))
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the same numbers in every run.
struct ModelRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { self.state = seed }

    mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The bytes with one to four of them changed, taken out, doubled or cut off.
    mutating func mutate(_ bytes: [UInt8]) -> [UInt8] {
        var mutated = bytes
        for _ in 0...Int.random(in: 0...3, using: &self) where !mutated.isEmpty {
            let index = Int.random(in: 0..<mutated.count, using: &self)
            switch Int.random(in: 0..<5, using: &self) {
            case 0: mutated[index] = UInt8.random(in: 0...255, using: &self)
            case 1: mutated.remove(at: index)
            case 2: mutated.insert(Array(#"{}[]",:\0e-"#.utf8).randomElement(using: &self) ?? 0, at: index)
            case 3: mutated.removeSubrange(index...)
            default: mutated.insert(contentsOf: mutated[index..<min(index + 20, mutated.count)], at: index)
            }
        }
        return mutated
    }
}
