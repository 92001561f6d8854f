import Glibc

/// What a connection tells its owner.
protocol LoadConnectionOwner: AnyObject {
    /// The HTTP upgrade is done.
    func opened(_ connection: LoadConnection)
    /// A whole text message; `text` lives for the call only.
    func received(_ text: UnsafeMutableRawBufferPointer, on connection: LoadConnection)
    /// The connection is gone; `reason` is that of the close frame, or of the system.
    func closed(_ connection: LoadConnection, reason: String)
}

/// One WebSocket connection of the load generator: plain TCP, text frames, nothing that costs.
///
/// As the client it masks with one key a connection, which RFC 6455 §5.3 forbids to a real client; the router's work of
/// unmasking is the same.
final class LoadConnection {
    enum Phase { case upgrading, open, closed }

    let descriptor: Int32
    let token: Int
    let isClient: Bool
    private(set) var phase = Phase.upgrading
    weak var owner: (any LoadConnectionOwner)?

    private let poll: EventPoll
    private let mask: [UInt8]
    /// Read and not yet a whole frame.
    private var rest: [UInt8] = []
    /// Framed and not yet written.
    private var pending: [UInt8] = []
    private var frame: [UInt8] = []

    init(descriptor: Int32, token: Int, isClient: Bool, poll: EventPoll) throws(LoadError) {
        self.descriptor = descriptor
        self.token = token
        self.isClient = isClient
        self.poll = poll
        self.mask = isClient ? (0..<4).map { _ in UInt8.random(in: 1...255) } : []
        guard fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0 else { throw .system(call: "fcntl", errno: errno) }
        var on: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
        try poll.add(descriptor, token: token)
    }

    deinit { Glibc.close(self.descriptor) }

    /// Sends raw bytes of the HTTP upgrade.
    func sendUpgrade(_ text: String) { self.write([UInt8](text.utf8)) }

    /// Sends one text message.
    func send(_ text: [UInt8], opcode: UInt8 = 1) {
        guard self.phase == .open else { return }
        self.frame.removeAll(keepingCapacity: true)
        let maskBit: UInt8 = self.isClient ? 0x80 : 0
        self.frame.append(0x80 | opcode)
        if text.count < 126 {
            self.frame.append(UInt8(text.count) | maskBit)
        } else if text.count <= UInt16.max {
            self.frame.append(126 | maskBit)
            self.frame.append(UInt8(truncatingIfNeeded: text.count >> 8))
            self.frame.append(UInt8(truncatingIfNeeded: text.count))
        } else {
            self.frame.append(127 | maskBit)
            for shift in (0..<8).reversed() { self.frame.append(UInt8(truncatingIfNeeded: text.count >> (8 * shift))) }
        }
        self.frame.append(contentsOf: self.mask)
        let start = self.frame.count
        self.frame.append(contentsOf: text)
        if self.isClient {
            let mask = self.mask
            self.frame.withUnsafeMutableBytes { bytes in
                unmask(UnsafeMutableRawBufferPointer(rebasing: bytes[start...]), key: mask)
            }
        }
        self.write(self.frame)
    }

    /// Sends a close frame; the peer's answer ends the connection.
    func close(code: UInt16) {
        self.send([UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)], opcode: 8)
    }

    /// Writes what waits.
    func becameWritable() {
        let waiting = self.pending
        self.pending = []
        try? self.poll.setWantsWrite(false, of: self.descriptor, token: self.token)
        self.write(waiting)
    }

    /// Reads once into `space` and hands on every whole message.
    func becameReadable(space: UnsafeMutableRawBufferPointer) {
        guard self.phase != .closed, let base = space.baseAddress else { return }
        let kept = self.rest.count
        self.rest.withUnsafeBytes { space.copyMemory(from: $0) }
        let count = read(self.descriptor, base + kept, space.count - kept)
        guard count > 0 else {
            if count < 0, errno == EAGAIN { return }
            return self.end(reason: count == 0 ? "closed without a close frame" : "read failed, errno \(errno)")
        }
        var bytes = UnsafeMutableRawBufferPointer(rebasing: space[..<(kept + count)])
        if self.phase == .upgrading {
            guard let end = self.upgradeEnd(UnsafeRawBufferPointer(bytes)) else {
                self.rest = [UInt8](bytes)
                return
            }
            bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[end...])
        }
        while self.phase == .open, let frameLength = self.takeFrame(bytes) {
            bytes = UnsafeMutableRawBufferPointer(rebasing: bytes[frameLength...])
        }
        self.rest = [UInt8](bytes)
    }

    private func upgradeEnd(_ bytes: UnsafeRawBufferPointer) -> Int? {
        guard let head = WebSocketHandshake.head(in: bytes) else { return nil }
        if self.isClient {
            guard head.text.hasPrefix("HTTP/1.1 101") else {
                self.end(reason: "refused: " + head.text.prefix { !$0.isNewline })
                return nil
            }
        } else {
            guard let answer = WebSocketHandshake.answer(to: head.text) else {
                // Claude's client asks here too: it is told that Claude is overloaded, and the calls do without.
                self.sendUpgrade("HTTP/1.1 529 Overloaded\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                self.end(reason: "not an upgrade")
                return nil
            }
            self.sendUpgrade(answer)
        }
        self.phase = .open
        self.owner?.opened(self)
        return head.length
    }

    /// Takes one frame from the start of `bytes` and returns its length; nil where it is not whole.
    private func takeFrame(_ bytes: UnsafeMutableRawBufferPointer) -> Int? {
        guard bytes.count >= 2 else { return nil }
        var length = Int(bytes[1] & 0x7F)
        var header = 2
        if length >= 126 {
            header = length == 126 ? 4 : 10
            guard bytes.count >= header else { return nil }
            length = bytes[2..<header].reduce(0) { $0 << 8 | Int($1) }
        }
        var key: [UInt8] = []
        if bytes[1] & 0x80 != 0 {
            guard bytes.count >= header + 4 else { return nil }
            key = [UInt8](bytes[header..<header + 4])
            header += 4
        }
        guard bytes.count >= header + length else { return nil }
        let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[header..<header + length])
        if !key.isEmpty { unmask(payload, key: key) }
        switch bytes[0] {
        case 0x81: self.owner?.received(payload, on: self)
        case 0x89: self.send([UInt8](payload), opcode: 10)
        case 0x8A: break
        case 0x88:
            let code = length >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
            let text = String(decoding: payload.dropFirst(2), as: UTF8.self)
            self.send([UInt8](payload.prefix(2)), opcode: 8)
            self.end(reason: "close \(code) \(text)")
        default: self.end(reason: "an unexpected frame of type \(bytes[0])")
        }
        return header + length
    }

    private func write(_ bytes: [UInt8]) {
        guard self.phase != .closed else { return }
        guard self.pending.isEmpty else { return self.pending.append(contentsOf: bytes) }
        let written = bytes.withUnsafeBytes {
            Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard written < bytes.count else { return }
        if written < 0, errno != EAGAIN { return self.end(reason: "write failed, errno \(errno)") }
        self.pending = [UInt8](bytes[max(0, written)...])
        try? self.poll.setWantsWrite(true, of: self.descriptor, token: self.token)
    }

    private func end(reason: String) {
        guard self.phase != .closed else { return }
        self.phase = .closed
        shutdown(self.descriptor, Int32(SHUT_RDWR))
        self.owner?.closed(self, reason: reason)
    }
}

/// Applies a WebSocket mask (RFC 6455 §5.3) in place, eight bytes at a time.
private func unmask(_ bytes: UnsafeMutableRawBufferPointer, key: [UInt8]) {
    let word = key.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    let wide = (word | word << 32).littleEndian
    var index = 0
    while index + 8 <= bytes.count {
        let masked = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        bytes.storeBytes(of: masked ^ wide, toByteOffset: index, as: UInt64.self)
        index += 8
    }
    while index < bytes.count {
        bytes[index] ^= key[index & 3]
        index += 1
    }
}
