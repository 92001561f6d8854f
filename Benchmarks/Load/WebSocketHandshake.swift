import Crypto
import Foundation

/// The HTTP upgrade of RFC 6455 §4, as far as a load generator needs it.
enum WebSocketHandshake {
    /// The request of a client; the key is fixed, since nobody caches here.
    static func request(path: String, port: Int) -> String {
        """
        GET \(path) HTTP/1.1\r
        Host: 127.0.0.1:\(port)\r
        Upgrade: websocket\r
        Connection: Upgrade\r
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
        Sec-WebSocket-Version: 13\r
        \r\n
        """
    }

    /// The head of a request or an answer with its length; nil where it is not whole.
    static func head(in bytes: UnsafeRawBufferPointer) -> (text: String, length: Int)? {
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: [13, 10, 13, 10]) }) else { return nil }
        return (String(decoding: bytes[..<end], as: UTF8.self), end + 4)
    }

    /// The server's answer to an upgrade request; nil where it is none.
    static func answer(to request: String) -> String? {
        let fields = request.split(separator: "\r\n").dropFirst().map { line in
            line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
        }
        guard let key = fields.first(where: { $0.count == 2 && $0[0].lowercased() == "sec-websocket-key" })?[1] else {
            return nil
        }
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return """
            HTTP/1.1 101 Switching Protocols\r
            Upgrade: websocket\r
            Connection: Upgrade\r
            Sec-WebSocket-Accept: \(Data(digest).base64EncodedString())\r
            \r\n
            """
    }
}
