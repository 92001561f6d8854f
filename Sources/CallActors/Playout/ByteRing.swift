import DequeModule
import NIOCore

/// The newest chunks of a byte stream, in segments of one size, so that keeping seconds of sound costs no object per
/// frame and what is given up goes back at once.
///
/// Chunks keep their boundaries and are numbered from 0 in the order in which they came; their bytes have offsets from
/// the beginning of the stream. The ring holds its bound and never more; what does not fit any more is given up, oldest
/// first.
struct ByteRing {
    /// Bytes of one segment; with the header of an array it fills an allocation of 2 KiB.
    private static let segmentByteCount = 2016

    private var segments = Deque<[UInt8]>()
    /// Where the oldest byte stands in the first segment.
    private var head = 0
    /// A segment that is used next, so that a full ring allocates nothing.
    private var spare: [UInt8]?
    private var lengths = ChunkLengths()
    /// The most bytes that are kept.
    let limit: Int
    /// The number of the oldest chunk that is kept.
    private(set) var firstIndex = 0
    /// The offset of the oldest byte that is kept.
    private(set) var startOffset = 0
    /// Bytes that are kept.
    private(set) var byteCount = 0

    init(limit: Int) { self.limit = limit }

    /// The number that the next chunk gets.
    var endIndex: Int { self.firstIndex + self.lengths.count }

    /// Appends a chunk and returns how many old ones had to go.
    ///
    /// A chunk larger than the ring is not kept.
    mutating func append(_ chunk: ByteBuffer) -> Int {
        let length = chunk.readableBytes
        var displaced = 0
        while self.byteCount + length > self.limit, self.lengths.count > 0 {
            self.removeFirst()
            displaced += 1
        }
        guard length <= self.limit else {
            self.firstIndex += 1
            self.startOffset += length
            return displaced
        }
        chunk.withUnsafeReadableBytes { self.write($0) }
        self.byteCount += length
        self.lengths.append(length)
        return displaced
    }

    /// Gives up every chunk before number `index`.
    mutating func removeAll(before index: Int) {
        while self.firstIndex < index, self.lengths.count > 0 { self.removeFirst() }
    }

    /// Gives up every chunk that ends at `offset` or before.
    mutating func removeAll(endingBy offset: Int) {
        while let length = self.lengths.first, self.startOffset + length <= offset { self.removeFirst() }
    }

    /// The chunks from number `index` on, each as a buffer of its own.
    func chunks(from index: Int) -> [ByteBuffer] {
        var offset = self.head
        var number = self.firstIndex
        var result: [ByteBuffer] = []
        for run in self.lengths.runs {
            for _ in 0..<run.count {
                if number >= index { result.append(self.copy(at: offset, length: run.length)) }
                offset += run.length
                number += 1
            }
        }
        return result
    }

    /// Copies bytes out; `offset` counts from the beginning of the first segment.
    private func copy(at offset: Int, length: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: length)
        var offset = offset
        var left = length
        while left > 0 {
            let start = offset % Self.segmentByteCount
            let count = min(left, Self.segmentByteCount - start)
            buffer.writeBytes(self.segments[offset / Self.segmentByteCount][start..<start + count])
            offset += count
            left -= count
        }
        return buffer
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        var written = 0
        while written < bytes.count {
            let end = self.head + self.byteCount + written
            let (index, start) = end.quotientAndRemainder(dividingBy: Self.segmentByteCount)
            if index == self.segments.count { self.addSegment() }
            let count = min(bytes.count - written, Self.segmentByteCount - start)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[written..<written + count])
            self.segments[index].withUnsafeMutableBytes { segment in
                UnsafeMutableRawBufferPointer(rebasing: segment[start...]).copyMemory(from: piece)
            }
            written += count
        }
    }

    private mutating func addSegment() {
        self.segments.append(self.spare.take() ?? [UInt8](repeating: 0, count: Self.segmentByteCount))
    }

    private mutating func removeFirst() {
        let length = self.lengths.removeFirst()
        self.firstIndex += 1
        self.startOffset += length
        self.byteCount -= length
        self.head += length
        while self.head >= Self.segmentByteCount, let segment = self.segments.popFirst() {
            self.head -= Self.segmentByteCount
            self.spare = segment
        }
    }
}

/// The lengths of chunks in order; chunks of one length, as nearly all frames of a call are, take one entry together.
private struct ChunkLengths {
    private(set) var runs = Deque<(length: Int, count: Int)>()
    private(set) var count = 0

    var first: Int? { self.runs.first?.length }

    mutating func append(_ length: Int) {
        self.count += 1
        if let last = self.runs.indices.last, self.runs[last].length == length {
            self.runs[last].count += 1
        } else {
            self.runs.append((length, 1))
        }
    }

    /// To be called where there is one.
    mutating func removeFirst() -> Int {
        self.count -= 1
        let length = self.runs[0].length
        self.runs[0].count -= 1
        if self.runs[0].count == 0 { self.runs.removeFirst() }
        return length
    }
}
