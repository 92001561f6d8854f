import CShims
import Foundation
import Glibc
import NIOCore
import Wire

/// One WebSocket that is read and written step by step, on one thread: plain TCP on loopback, ten seconds of patience.
final class BlockingSocket {
    private let descriptor: Int32
    private var builder: WebSocketFrameBuilder
    private var parser: WebSocketFrameParser
    private var space = [UInt8](repeating: 0, count: 65_536)

    /// Opens the carrier's side: connects to `port` and asks for an upgrade.
    init(port: Int, path: String) throws {
        guard let descriptor = Loopback.connect(port: port) else {
            throw MicroError.system(call: "connect", code: errno)
        }
        self.descriptor = descriptor
        self.builder = WebSocketFrameBuilder(role: .client)
        self.parser = WebSocketFrameParser(role: .client, maxMessageByteCount: 1 << 20)
        try self.prepare()
        try self.write(ByteBuffer(string: Loopback.upgradeRequest(path: path, port: port)))
        _ = try self.readHead()
    }

    /// Opens the model's side: waits for the router's connection and takes its upgrade.
    init(accepting listener: Int32) throws {
        var waiting = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
        guard poll(&waiting, 1, 10_000) == 1 else { throw MicroError.system(call: "accept", code: ETIMEDOUT) }
        let descriptor = accept(listener, nil, nil)
        guard descriptor >= 0 else { throw MicroError.system(call: "accept", code: errno) }
        self.descriptor = descriptor
        self.builder = WebSocketFrameBuilder(role: .server)
        self.parser = WebSocketFrameParser(role: .server, maxMessageByteCount: 1 << 20)
        try self.prepare()
        guard let answer = Loopback.upgradeAnswer(to: try self.readHead()) else {
            throw MicroError.system(call: "upgrade", code: EPROTO)
        }
        try self.write(ByteBuffer(string: answer))
    }

    deinit { Glibc.close(self.descriptor) }

    /// Sends one text message.
    func send(_ text: ByteBuffer) throws { try self.write(self.builder.frame(.text, text)) }

    /// The next text message.
    func receive() throws -> ByteBuffer {
        while true {
            if let event = self.parser.next() {
                switch event {
                case .text(let text): return text
                case .close, .breach: throw MicroError.system(call: "read", code: ECONNRESET)
                case .binary, .ping, .pong: continue
                }
            }
            self.parser.append(try self.read())
        }
    }

    private func prepare() throws {
        var patience = timeval(tv_sec: 10, tv_usec: 0)
        let length = socklen_t(MemoryLayout<timeval>.size)
        var on: Int32 = 1
        guard setsockopt(self.descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, length) == 0,
            setsockopt(self.descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size)) == 0
        else { throw MicroError.system(call: "setsockopt", code: errno) }
    }

    /// Reads up to the end of the HTTP head; what comes behind it belongs to the first frames.
    private func readHead() throws -> String {
        var bytes: [UInt8] = []
        while true {
            bytes += [UInt8](buffer: try self.read())
            guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else {
                continue
            }
            if bytes.count > end + 4 { self.parser.append(ByteBuffer(bytes: bytes[(end + 4)...])) }
            return String(decoding: bytes[..<end], as: UTF8.self)
        }
    }

    private func read() throws -> ByteBuffer {
        let count = recv(self.descriptor, &self.space, self.space.count, 0)
        guard count > 0 else { throw MicroError.system(call: "recv", code: count == 0 ? ECONNRESET : errno) }
        return ByteBuffer(bytes: self.space[..<count])
    }

    private func write(_ bytes: ByteBuffer) throws {
        var rest = bytes
        while rest.readableBytes > 0 {
            let count = rest.withUnsafeReadableBytes {
                Glibc.send(self.descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw MicroError.system(call: "send", code: errno) }
            rest.moveReaderIndex(forwardBy: count)
        }
    }
}
