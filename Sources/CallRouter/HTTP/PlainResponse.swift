import NIOCore
import NIOHTTP1
import Wire

/// A whole answer to a request that never reaches a route: a refused upgrade, a body that is too long.
struct PlainResponse {
    let head: HTTPResponseHead
    let body: ByteBuffer

    /// A response whose `message` says in one sentence what is wrong and what to do.
    ///
    /// - Parameters:
    ///   - status: The status of the answer.
    ///   - message: One sentence or two.
    ///   - code: The name of the error in the form that `/v1` promises; nil for plain text.
    init(status: HTTPResponseStatus, message: String, code: String? = nil) {
        let error: (String) -> JSONDocument = { ["error": ["code": .string($0), "message": .string(message)]] }
        let body = code.map { error($0).encoded() } ?? ByteBuffer(string: message + "\n")
        var headers: HTTPHeaders = [
            "Content-Type": code == nil ? "text/plain; charset=utf-8" : "application/json; charset=utf-8",
            "Content-Length": String(body.readableBytes),
            "Connection": "close",
        ]
        switch status {
        case .upgradeRequired:
            // RFC 6455 §4.4: the versions that we speak; RFC 9110 §15.5.22: an Upgrade header.
            headers.add(name: "Sec-WebSocket-Version", value: "13")
            headers.replaceOrAdd(name: "Connection", value: "close, Upgrade")
            headers.add(name: "Upgrade", value: "websocket")
        case .unauthorized: headers.add(name: "WWW-Authenticate", value: "Bearer")
        case .serviceUnavailable: headers.add(name: "Retry-After", value: "2")
        default: break
        }
        self.head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        self.body = body
    }
}
