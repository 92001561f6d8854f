import DequeModule
import NIOCore

/// The newest chunks of a byte stream, in segments of one size, so that keeping seconds of sound costs no object per
/// frame and what is given up goes back at once.
///
/// Chunks keep their boundaries and are numbered from 0 in the order in which they came; their bytes have offsets from
/// the beginning of the stream. The ring holds its bound and never more; what does not fit any more is given up, oldest
/// first. Its bytes go round: a full ring takes as much memory as its bound, and allocates nothing.
struct ByteRing {
    /// Bytes of one segment: half a second of mu-law, 5 s are ten of them; with the header of an array one fills 4 KiB.
    private static let segmentByteCount = 4000

    /// Empty where no byte of a segment is kept.
    private var segments: [[UInt8]]
    /// Where the oldest byte stands, counted from the first segment.
    private var head = 0
    private var lengths = ChunkLengths()
    /// The most bytes that are kept.
    let limit: Int
    /// The number of the oldest chunk that is kept.
    private(set) var firstIndex = 0
    /// The offset of the oldest byte that is kept.
    private(set) var startOffset = 0
    /// Bytes that are kept.
    private(set) var byteCount = 0

    init(limit: Int) {
        self.limit = limit
        let count = (limit + Self.segmentByteCount - 1) / Self.segmentByteCount
        self.segments = Array(repeating: [], count: max(1, count))
    }

    /// The bytes for which there is a place.
    private var capacity: Int { self.segments.count * Self.segmentByteCount }

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
        var distance = 0
        var number = self.firstIndex
        var result: [ByteBuffer] = []
        for run in self.lengths.runs {
            for _ in 0..<run.count {
                if number >= index { result.append(self.copy(at: distance, length: run.length)) }
                distance += run.length
                number += 1
            }
        }
        return result
    }

    /// Copies bytes out; `distance` counts from the oldest byte.
    private func copy(at distance: Int, length: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: length)
        var distance = distance
        var left = length
        while left > 0 {
            let (index, start) = self.place(at: distance)
            let count = min(left, Self.segmentByteCount - start)
            buffer.writeBytes(self.segments[index][start..<start + count])
            distance += count
            left -= count
        }
        return buffer
    }

    /// The segment, and the byte in it, that lie `distance` bytes behind the oldest one.
    private func place(at distance: Int) -> (index: Int, start: Int) {
        let position = (self.head + distance) % self.capacity
        return (position / Self.segmentByteCount, position % Self.segmentByteCount)
    }

    private mutating func write(_ bytes: UnsafeRawBufferPointer) {
        var written = 0
        while written < bytes.count {
            let (index, start) = self.place(at: self.byteCount + written)
            if self.segments[index].isEmpty {
                self.segments[index] = [UInt8](repeating: 0, count: Self.segmentByteCount)
            }
            let count = min(bytes.count - written, Self.segmentByteCount - start)
            let piece = UnsafeRawBufferPointer(rebasing: bytes[written..<written + count])
            self.segments[index].withUnsafeMutableBytes { segment in
                UnsafeMutableRawBufferPointer(rebasing: segment[start...]).copyMemory(from: piece)
            }
            written += count
        }
    }

    private mutating func removeFirst() {
        let length = self.lengths.removeFirst()
        self.firstIndex += 1
        self.startOffset += length
        self.byteCount -= length
        let first = self.head / Self.segmentByteCount
        let last = (self.head + length) / Self.segmentByteCount
        self.head = (self.head + length) % self.capacity
        for index in first..<last { self.release(index % self.segments.count) }
        if self.byteCount == 0 { self.segments[self.head / Self.segmentByteCount] = [] }
    }

    /// Gives a segment back that was passed over, unless the oldest byte or the newest ones have come round to it.
    private mutating func release(_ index: Int) {
        if self.byteCount > 0, self.head / Self.segmentByteCount == index { return }
        let distance = (index * Self.segmentByteCount - self.head + self.capacity) % self.capacity
        if self.byteCount <= distance { self.segments[index] = [] }
    }
}

/// The lengths of chunks in order; chunks of one length, as nearly all frames of a call are, take one entry together.
///
/// The oldest run lies in place, not on the heap: nearly always it is the only one.
private struct ChunkLengths {
    private var oldest = (length: 0, count: 0)
    private var later = Deque<(length: Int, count: Int)>()
    private(set) var count = 0

    var first: Int? { self.count > 0 ? self.oldest.length : nil }

    var runs: [(length: Int, count: Int)] { [self.oldest] + self.later }

    mutating func append(_ length: Int) {
        self.count += 1
        if let last = self.later.indices.last {
            if self.later[last].length == length { self.later[last].count += 1 } else { self.later.append((length, 1)) }
        } else if self.oldest.count == 0 {
            self.oldest = (length, 1)
        } else if self.oldest.length == length {
            self.oldest.count += 1
        } else {
            self.later.append((length, 1))
        }
    }

    /// To be called where there is one.
    mutating func removeFirst() -> Int {
        self.count -= 1
        let length = self.oldest.length
        self.oldest.count -= 1
        if self.oldest.count == 0 { self.oldest = self.later.popFirst() ?? (0, 0) }
        return length
    }
}
