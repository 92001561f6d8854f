import Dispatch
import Foundation
import Logging
import NIOCore
import Synchronization
import Wire

@testable import CallRouter

/// What the tests of recordings share.
enum RecordingTestSupport {
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
    }

    /// Keeps the messages of a logger.
    struct Log: LogHandler {
        final class Lines: Sendable {
            private let lines = Mutex<[String]>([])
            var all: [String] { self.lines.withLock { $0 } }
            func append(_ line: String) { self.lines.withLock { $0.append(line) } }
        }

        let lines: Lines
        var metadata = Logger.Metadata()
        var logLevel = Logger.Level.trace

        init(lines: Lines) { self.lines = lines }

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) { self.lines.append("\(event.level): \(event.message)") }
    }

    /// A file in memory that is full at some point.
    final class FullFile: RecordingFile {
        let existingDataByteCount = 0
        private let capacity: Int
        private let counts = Mutex((writes: 0, failures: 0))

        init(capacity: Int) { self.capacity = capacity }

        var failureCount: Int { self.counts.withLock { $0.failures } }

        func write(_ bytes: [UInt8], at offset: Int) throws(RecordingError) {
            let fits = offset + bytes.count <= self.capacity
            self.counts.withLock {
                $0.writes += 1
                if !fits { $0.failures += 1 }
            }
            guard fits else { throw .cannotWrite(reason: "No space left on device") }
        }
    }

    /// A recording as it lies on disk.
    struct Recording: Equatable {
        let header: WAVHeader
        let caller: [Int16]
        let assistant: [Int16]

        /// Reads a file strictly: the header must tell the file's exact length.
        init?(_ url: URL) {
            guard let data = try? Data(contentsOf: url) else { return nil }
            let bytes = ByteBuffer(bytes: data)
            guard let header = WAVHeader(bytes), data.count == WAVHeader.byteCount + header.dataByteCount,
                header.channels == 2, header.dataByteCount.isMultiple(of: 4),
                let riffSize = bytes.getInteger(at: 4, endianness: .little, as: UInt32.self),
                Int(riffSize) == data.count - 8,
                let samples = bytes.getSlice(at: WAVHeader.byteCount, length: header.dataByteCount)
            else { return nil }
            self.header = header
            let all = AudioFormat.l16(rate: header.sampleRate).samples(of: samples)
            self.caller = stride(from: 0, to: all.count, by: 2).map { all[$0] }
            self.assistant = stride(from: 1, to: all.count, by: 2).map { all[$0] }
        }
    }

    /// Runs `body` with a folder of its own, which does not exist yet and is removed afterwards.
    static func withFolder(_ body: (URL) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("recording-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        try await body(folder)
    }

    static func logger(_ lines: Log.Lines = Log.Lines()) -> Logger {
        Logger(label: "test") { _ in Log(lines: lines) }
    }

    /// Mu-law audio of one level, and the sample that it decodes to.
    static func muLaw(_ sample: Int16, milliseconds: Int) -> (audio: ByteBuffer, sample: Int16) {
        let code = G711.encodeMuLaw(sample)
        return (ByteBuffer(repeating: code, count: milliseconds * 8), G711.decodeMuLaw(code))
    }
}
