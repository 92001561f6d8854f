import NIOCore
import NIOHTTP1

/// What one server does with requests to open a WebSocket.
struct UpgradeRules: Sendable {
    enum Judgement {
        /// Not a WebSocket: a route answers.
        case ordinary
        /// `head` has the path below the prefix of `PUBLIC_URL`.
        case accept(HTTPRequestHead, acceptKey: String)
        case reject(HTTPResponseStatus, message: String)
    }

    /// The paths, below the prefix of `PUBLIC_URL`, on which carriers open media streams.
    static let paths: Set<Substring> = ["/", "/media-stream"]

    let media: any MediaStreamAccepting
    /// The path prefix of `PUBLIC_URL`, which requests carry or not.
    let prefix: PathPrefix

    /// Judges one request; called on the channel's loop.
    func judge(_ head: HTTPRequestHead, remoteAddress: SocketAddress?) -> Judgement {
        switch WebSocketHandshake(head) {
        case .absent: return .ordinary
        case .malformed(let fault): return .reject(fault.status, message: fault.message)
        case .valid(let acceptKey):
            var head = head
            head.uri = self.prefix.strip(head.uri)
            let path = head.uri.prefix { $0 != "?" && $0 != "#" }
            guard Self.paths.contains(path) else {
                return .reject(.notFound, message: "Media streams are served on /media-stream.")
            }
            switch self.media.decide(head, remoteAddress: remoteAddress) {
            case .accept: return .accept(head, acceptKey: acceptKey)
            case .reject(let status): return .reject(status, message: Self.message(for: status))
            }
        }
    }

    private static func message(for status: HTTPResponseStatus) -> String {
        switch status {
        case .unauthorized: "The stream's token is missing, wrong or used. Fetch the call's document again."
        case .forbidden: "The upgrade is not signed as it should be. Check SIGNALWIRE_SIGNING_KEY and PUBLIC_URL."
        case .notFound: "No such call."
        case .tooManyRequests: "Too many attempts. Try again later."
        case .serviceUnavailable: "This router takes no new streams now. Try another one, or again later."
        default: "The stream is refused."
        }
    }
}
