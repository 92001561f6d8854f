import NIOCore

/// The newest chunks of a byte stream in one flat ring, so that keeping seconds of sound costs no object per frame.
///
/// Chunks keep their boundaries and are numbered from 0 in the order in which they came. The ring grows to its bound and
/// never beyond it; what does not fit any more is given up, oldest first.
struct ByteRing {
    private var storage: [UInt8] = []
    private var head = 0
    private var used = 0
    private var lengths = ContiguousQueue()
    /// The most bytes that are kept.
    let limit: Int
    /// The number of the oldest chunk that is kept.
    private(set) var firstIndex = 0

    init(limit: Int) { self.limit = limit }

    /// The number that the next chunk gets.
    var endIndex: Int { self.firstIndex + self.lengths.count }
    var byteCount: Int { self.used }

    /// Appends a chunk and returns how many old ones had to go.
    ///
    /// A chunk larger than the ring is not kept.
    mutating func append(_ chunk: ByteBuffer) -> Int {
        let length = chunk.readableBytes
        var displaced = 0
        while self.used + length > self.limit, self.lengths.count > 0 {
            self.removeFirst()
            displaced += 1
        }
        guard length <= self.limit else {
            self.firstIndex += 1
            return displaced
        }
        self.grow(toHold: self.used + length)
        let capacity = self.storage.count
        let tail = (self.head + self.used) % max(capacity, 1)
        let first = min(length, capacity - tail)
        chunk.withUnsafeReadableBytes { bytes in
            self.storage.withUnsafeMutableBytes { ring in
                guard let source = bytes.baseAddress, let target = ring.baseAddress else { return }
                (target + tail).copyMemory(from: source, byteCount: first)
                if length > first { target.copyMemory(from: source + first, byteCount: length - first) }
            }
        }
        self.used += length
        self.lengths.append(length)
        return displaced
    }

    /// Gives up every chunk before number `index`.
    mutating func removeAll(before index: Int) {
        while self.firstIndex < index, self.lengths.count > 0 { self.removeFirst() }
    }

    /// The chunks from number `index` on, each as a buffer of its own.
    func chunks(from index: Int) -> [ByteBuffer] {
        var offset = self.head
        var result: [ByteBuffer] = []
        for (position, length) in self.lengths.values.enumerated() {
            if self.firstIndex + position >= index { result.append(self.copy(at: offset, length: length)) }
            offset = (offset + length) % max(self.storage.count, 1)
        }
        return result
    }

    private func copy(at offset: Int, length: Int) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: length)
        let first = min(length, self.storage.count - offset)
        buffer.writeBytes(self.storage[offset..<offset + first])
        if length > first { buffer.writeBytes(self.storage[0..<length - first]) }
        return buffer
    }

    private mutating func removeFirst() {
        let length = self.lengths.removeFirst()
        self.used -= length
        self.firstIndex += 1
        self.head = self.storage.isEmpty ? 0 : (self.head + length) % self.storage.count
    }

    /// Doubles the storage, up to the bound, and lays the content out from its start again.
    private mutating func grow(toHold byteCount: Int) {
        guard byteCount > self.storage.count else { return }
        var grown = [UInt8](repeating: 0, count: min(self.limit, max(byteCount, self.storage.count * 2, 4096)))
        let first = min(self.used, self.storage.count - self.head)
        grown.replaceSubrange(0..<first, with: self.storage[self.head..<self.head + first])
        if self.used > first { grown.replaceSubrange(first..<self.used, with: self.storage[0..<self.used - first]) }
        self.storage = grown
        self.head = 0
    }
}

/// A queue of lengths that drops its spent front in one go.
private struct ContiguousQueue {
    private var items: [UInt32] = []
    private var start = 0

    var count: Int { self.items.count - self.start }
    var values: some Collection<Int> { self.items[self.start...].lazy.map(Int.init) }

    mutating func append(_ value: Int) { self.items.append(UInt32(value)) }

    mutating func removeFirst() -> Int {
        defer {
            self.start += 1
            if self.start >= 256, self.start * 2 >= self.items.count {
                self.items.removeFirst(self.start)
                self.start = 0
            }
        }
        return Int(self.items[self.start])
    }
}
