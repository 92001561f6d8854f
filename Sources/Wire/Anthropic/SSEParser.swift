import NIOCore

/// Cuts a stream of bytes into server-sent events (WHATWG HTML §9.2.6), however the bytes are spread over the reads.
///
/// Lines end in LF, CR or CRLF; comments, `id`, `retry` and unknown fields are passed over; text is decoded line by
/// line, so a character that is split between two reads stays whole. What the stream leaves unfinished at its end is
/// no event.
package struct SSEParser: Sendable {
    /// The line that has begun and not ended.
    private var line: [UInt8] = []
    private var data: [UInt8] = []
    private var hasData = false
    private var name = ""
    /// A carriage return ended the last line: a line feed right after it belongs to it.
    private var endedWithCarriageReturn = false
    private var isFirstLine = true
    private let maxEventByteCount: Int

    /// - Parameter maxEventByteCount: The bound of one event, of its data and its open line together; 1 MiB is far
    ///   beyond anything that the Messages API sends in one.
    package init(maxEventByteCount: Int = 1 << 20) {
        self.maxEventByteCount = maxEventByteCount
    }

    /// Takes the next bytes and returns the events that they complete, in order.
    package mutating func feed(_ bytes: ByteBuffer) throws(SSEEventTooLong) -> [SSEEvent] {
        var events: [SSEEvent] = []
        for byte in bytes.readableBytesView {
            let followsCarriageReturn = self.endedWithCarriageReturn
            self.endedWithCarriageReturn = byte == UInt8(ascii: "\r")
            switch byte {
            case UInt8(ascii: "\n") where followsCarriageReturn: continue
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                if let event = self.endLine() { events.append(event) }
            default:
                guard self.line.count + self.data.count < self.maxEventByteCount else {
                    throw SSEEventTooLong(limit: self.maxEventByteCount)
                }
                self.line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> SSEEvent? {
        defer { self.line.removeAll(keepingCapacity: true) }
        var line = self.line[...]
        if self.isFirstLine {
            self.isFirstLine = false
            // A byte order mark may come before everything else.
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        guard !line.isEmpty else { return self.endEvent() }
        let field = line.prefix { $0 != UInt8(ascii: ":") }
        var value = line.dropFirst(field.count + 1)
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        switch String(decoding: field, as: UTF8.self) {
        case "data":
            if self.hasData { self.data.append(UInt8(ascii: "\n")) }
            self.hasData = true
            self.data.append(contentsOf: value)
        case "event": self.name = String(decoding: value, as: UTF8.self)
        default: break
        }
        return nil
    }

    private mutating func endEvent() -> SSEEvent? {
        defer {
            self.data.removeAll(keepingCapacity: true)
            self.hasData = false
            self.name = ""
        }
        guard self.hasData else { return nil }
        return SSEEvent(
            name: self.name.isEmpty ? "message" : self.name,
            data: String(decoding: self.data, as: UTF8.self)
        )
    }
}
