/// Why no WebSocket could be opened.
package enum WebSocketConnectError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The server answered the upgrade with this HTTP status instead of 101.
    case refused(status: Int)
    /// No connection, no TLS, or no sound handshake; the reason in words.
    case unreachable(String)
    /// No connection with an answered upgrade within the time given.
    case timedOut
    /// The URL or a header cannot be used; what is wrong with it, never the value itself.
    case badURL(String)

    package var description: String {
        switch self {
        case .refused(let status):
            "The server refused the WebSocket (HTTP \(status)). Check the URL's path and the credentials."
        case .unreachable(let reason):
            "The server cannot be reached (\(reason)). Check the host, the port and the network."
        case .timedOut: "The server did not open a WebSocket in time. Check the host, the port and the network."
        case .badURL(let reason): "The WebSocket URL cannot be used: \(reason). Give ws://host/path or wss://host/path."
        }
    }
}
