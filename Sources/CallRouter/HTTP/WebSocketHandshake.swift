import Crypto
import Foundation
import NIOHTTP1

/// The opening handshake of a WebSocket, as the server sees it (RFC 6455 §4.2).
package enum WebSocketHandshake: Equatable {
    /// An ordinary request, or an upgrade to another protocol, which HTTP lets a server ignore (RFC 9110 §7.8).
    case absent
    /// A handshake in order; `acceptKey` proves to the client that it was understood.
    case valid(acceptKey: String)
    /// A handshake that breaks the rules; `version` means that the client speaks another version than 13.
    case malformed(Fault)

    /// What is wrong with a handshake.
    package enum Fault: Equatable {
        case method, version, key

        /// 426 names the version that we speak; everything else is the client's mistake.
        package var status: HTTPResponseStatus { self == .version ? .upgradeRequired : .badRequest }

        package var message: String {
            switch self {
            case .method: "A WebSocket is opened with GET over HTTP/1.1."
            case .version: "This server speaks version 13 of the WebSocket protocol."
            case .key: "Sec-WebSocket-Key must be 16 bytes in base64."
            }
        }
    }

    /// Judges the head of a request.
    package init(_ head: HTTPRequestHead) {
        guard Self.hasToken("websocket", in: head.headers[canonicalForm: "upgrade"]) else {
            self = .absent
            return
        }
        guard head.method == .GET, head.version == .http1_1,
            Self.hasToken("upgrade", in: head.headers[canonicalForm: "connection"])
        else {
            self = .malformed(.method)
            return
        }
        guard head.headers["sec-websocket-version"] == ["13"] else {
            self = .malformed(.version)
            return
        }
        let keys = head.headers["sec-websocket-key"]
        guard keys.count == 1, let key = keys.first, Data(base64Encoded: key)?.count == 16 else {
            self = .malformed(.key)
            return
        }
        self = .valid(acceptKey: Self.acceptKey(for: key))
    }

    /// The answer to a key: base64 of SHA-1 over the key and the protocol's GUID (RFC 6455 §1.3).
    package static func acceptKey(for key: String) -> String {
        let digest = Insecure.SHA1.hash(data: Data((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8))
        return Data(digest).base64EncodedString()
    }

    private static func hasToken(_ token: String, in values: [Substring]) -> Bool {
        values.contains { $0.lowercased() == token }
    }
}
