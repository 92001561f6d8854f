import NIOCore

/// Reads the values of RESP2 out of a stream of bytes, however it is cut.
///
/// Every byte is looked at once: what was read of an unfinished answer is kept, not read again. After a breach the
/// parser is of no use any more, and says the same again.
package struct RESPParser: Sendable {
    private enum Item {
        case value(RESPValue)
        /// The head of an array with at least one element.
        case array(count: Int)
    }

    private struct OpenArray {
        var remaining: Int
        var elements: [RESPValue] = []
    }

    private let limits: RESPLimits
    private var buffer = ByteBuffer()
    /// Bytes of the present line that hold no line end.
    private var scanned = 0
    /// Length of the bulk string whose bytes are awaited.
    private var bulkByteCount: Int?
    private var arrays: [OpenArray] = []
    private var valueCount = 0
    private var valueByteCount = 0
    private var breach: RESPBreach?

    package init(limits: RESPLimits = RESPLimits()) { self.limits = limits }

    /// Takes the next bytes of the stream.
    package mutating func append(_ bytes: ByteBuffer) {
        if self.buffer.readableBytes == 0 {
            self.buffer = bytes
        } else {
            // What was read already does not pile up where answers keep overlapping.
            if self.buffer.readerIndex > 64 * 1024 { self.buffer.discardReadBytes() }
            self.buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next whole value; nil where more bytes are needed.
    package mutating func next() throws(RESPBreach) -> RESPValue? {
        if let breach = self.breach { throw breach }
        do throws(RESPBreach) {
            return try self.nextValue()
        } catch {
            self.breach = error
            throw error
        }
    }

    private mutating func nextValue() throws(RESPBreach) -> RESPValue? {
        while let item = try self.nextItem() {
            self.valueCount += 1
            guard self.valueCount <= self.limits.valueCount else { throw .tooLarge("values") }
            switch item {
            case .array(let count):
                guard self.arrays.count < self.limits.depth else { throw .tooLarge("nested arrays") }
                self.arrays.append(OpenArray(remaining: count))
            case .value(let value):
                guard let whole = self.place(value) else { continue }
                self.valueCount = 0
                self.valueByteCount = 0
                return whole
            }
        }
        return nil
    }

    /// Puts a value where it belongs; returns the answer that it completes.
    private mutating func place(_ value: RESPValue) -> RESPValue? {
        var value = value
        while let last = self.arrays.indices.last {
            self.arrays[last].elements.append(value)
            self.arrays[last].remaining -= 1
            if self.arrays[last].remaining > 0 { return nil }
            value = .array(self.arrays.removeLast().elements)
        }
        return value
    }

    private mutating func nextItem() throws(RESPBreach) -> Item? {
        if let length = self.bulkByteCount { return try self.bulk(length) }
        guard let line = try self.line() else { return nil }
        guard let type = line.utf8.first else { throw .badEnd }
        let rest = line.dropFirst()
        switch type {
        case UInt8(ascii: "+"): return .value(.simple(String(rest)))
        case UInt8(ascii: "-"): return .value(.error(String(rest)))
        case UInt8(ascii: ":"): return .value(.integer(try Self.number(rest)))
        case UInt8(ascii: "$"):
            guard let length = try Self.length(rest) else { return .value(.null) }
            guard length <= self.limits.bulkByteCount else { throw .tooLarge("bytes in one string") }
            self.valueByteCount += length
            guard self.valueByteCount <= self.limits.valueByteCount else { throw .tooLarge("bytes") }
            self.bulkByteCount = length
            return try self.bulk(length)
        case UInt8(ascii: "*"):
            guard let count = try Self.length(rest) else { return .value(.null) }
            guard count <= self.limits.valueCount else { throw .tooLarge("values") }
            return count == 0 ? .value(.array([])) : .array(count: count)
        default: throw .unknownType(type)
        }
    }

    private mutating func bulk(_ length: Int) throws(RESPBreach) -> Item? {
        guard self.buffer.readableBytes >= length + 2 else { return nil }
        guard let bytes = self.buffer.readSlice(length: length), self.buffer.readInteger() == Self.lineEnd else {
            throw .badEnd
        }
        self.bulkByteCount = nil
        return .value(.bulk(bytes))
    }

    /// The next line without its end; nil where it is not whole yet.
    private mutating func line() throws(RESPBreach) -> Substring? {
        let view = self.buffer.readableBytesView
        let start = view.startIndex
        guard let end = view[(start + self.scanned)...].firstIndex(of: UInt8(ascii: "\r")) else {
            self.scanned = view.count
            guard self.scanned <= self.limits.lineByteCount else { throw .tooLarge("bytes in one line") }
            return nil
        }
        self.scanned = end - start
        guard self.scanned <= self.limits.lineByteCount else { throw .tooLarge("bytes in one line") }
        guard view.endIndex > end + 1 else { return nil }
        guard view[end + 1] == UInt8(ascii: "\n") else { throw .badEnd }
        let line = String(decoding: view[start..<end], as: UTF8.self)
        self.buffer.moveReaderIndex(forwardBy: end - start + 2)
        self.scanned = 0
        return Substring(line)
    }

    private static let lineEnd: UInt16 = 0x0D0A

    /// A length of zero or more; nil for -1, which says that there is nothing.
    private static func length(_ text: Substring) throws(RESPBreach) -> Int? {
        let number = try Self.number(text)
        if number == -1 { return nil }
        guard number >= 0, let length = Int(exactly: number) else { throw .badNumber }
        return length
    }

    private static func number(_ text: Substring) throws(RESPBreach) -> Int64 {
        guard let number = Int64(text) else { throw .badNumber }
        return number
    }
}
