import Foundation
import NIOCore

/// What the tests of audio, carrier messages and signatures share.
enum CarrierTestSupport {
    /// Pseudo-random numbers that are the same in every run (SplitMix64).
    struct Random: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { self.state = seed }

        mutating func next() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var value = self.state
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }

        mutating func bytes(_ count: Int) -> [UInt8] {
            (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
        }
    }

    /// A file below `Fixtures`.
    static func fixture(_ path: String) throws -> Data {
        let folder = Bundle.module.resourceURL ?? Bundle.module.bundleURL
        return try Data(contentsOf: folder.appendingPathComponent("Fixtures").appendingPathComponent(path))
    }

    /// The messages of a file below `Fixtures` that holds one on each line.
    static func messages(_ path: String) throws -> [ByteBuffer] {
        try self.fixture(path).split(separator: UInt8(ascii: "\n")).map { ByteBuffer(bytes: $0) }
    }
}
