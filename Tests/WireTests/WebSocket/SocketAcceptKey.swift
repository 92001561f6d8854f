import Crypto
import Foundation

/// `Sec-WebSocket-Accept` as a test works it out for itself (RFC 6455 §4.2.2).
enum SocketAcceptKey {
    static func make(_ key: String) -> String {
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Data(digest).base64EncodedString()
    }
}
