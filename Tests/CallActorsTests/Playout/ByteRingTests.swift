import NIOCore
import Testing

@testable import CallActors

@Suite struct ByteRingTests {
    /// The same thing with one array for each chunk.
    private struct Model {
        let limit: Int
        var chunks: [(index: Int, bytes: [UInt8])] = []
        var endIndex = 0
        var byteCount = 0
        /// The bytes that ever came.
        var endOffset = 0

        mutating func append(_ bytes: [UInt8]) -> Int {
            var displaced = 0
            while self.byteCount + bytes.count > self.limit, !self.chunks.isEmpty {
                self.byteCount -= self.chunks.removeFirst().bytes.count
                displaced += 1
            }
            if bytes.count <= self.limit {
                self.chunks.append((self.endIndex, bytes))
                self.byteCount += bytes.count
            }
            self.endIndex += 1
            self.endOffset += bytes.count
            return displaced
        }

        mutating func removeAll(endingBy offset: Int) {
            while let first = self.chunks.first, self.endOffset - self.byteCount + first.bytes.count <= offset {
                self.byteCount -= first.bytes.count
                self.chunks.removeFirst()
            }
        }

        mutating func removeAll(before index: Int) {
            while let first = self.chunks.first, first.index < index {
                self.byteCount -= first.bytes.count
                self.chunks.removeFirst()
            }
        }
    }

    @Test("a ring holds what a list of arrays would hold, through any sequence of operations")
    func model() {
        for seed in 1...60 as ClosedRange<UInt64> {
            var random = SeededRandom(seed: seed)
            let limit = random.int(1...(random.chance(50) ? 2000 : 20_000))
            var ring = ByteRing(limit: limit)
            var model = Model(limit: limit)
            for _ in 0..<400 {
                if random.chance(85) {
                    let largest = random.chance(2) ? limit * 2 : max(1, limit / random.int(1...60))
                    let bytes = random.bytes(random.int(1...largest))
                    #expect(ring.append(ByteBuffer(bytes: bytes)) == model.append(bytes))
                } else if random.chance(30) {
                    let offset = random.int(max(0, ring.startOffset - 3)...ring.startOffset + ring.byteCount)
                    ring.removeAll(endingBy: offset)
                    model.removeAll(endingBy: offset)
                } else {
                    let index = random.int(max(0, ring.firstIndex - 3)...ring.endIndex)
                    ring.removeAll(before: index)
                    model.removeAll(before: index)
                }
                let isSame =
                    ring.byteCount == model.byteCount && ring.endIndex == model.endIndex
                    && ring.startOffset + ring.byteCount == model.endOffset
                #expect(isSame && ring.byteCount <= limit, "seed \(seed)")
            }
            let from = random.int(0...ring.endIndex)
            let expected = model.chunks.filter { $0.index >= from }.map(\.bytes)
            #expect(ring.chunks(from: from).map { Array($0.readableBytesView) } == expected, "seed \(seed)")
        }
    }

    @Test("an empty ring has no chunks")
    func empty() {
        let ring = ByteRing(limit: 100)
        #expect(ring.chunks(from: 0).isEmpty)
        #expect(ring.firstIndex == 0 && ring.endIndex == 0)
    }

    @Test("a chunk larger than the ring is counted and not kept")
    func oversized() {
        var ring = ByteRing(limit: 10)
        _ = ring.append(ByteBuffer(bytes: [1, 2]))
        #expect(ring.append(ByteBuffer(repeating: 3, count: 11)) == 1)
        #expect(ring.byteCount == 0)
        #expect(ring.endIndex == 2)
        _ = ring.append(ByteBuffer(bytes: [4]))
        #expect(ring.chunks(from: 0).map { Array($0.readableBytesView) } == [[4]])
    }
}
