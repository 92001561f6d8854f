/// Why a command to Redis has no answer, or a bad one.
///
/// Never holds a password, an argument or a value.
package enum RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The URL cannot be used; what is wrong with it, never the text itself.
    case badURL(String)
    /// No connection, or no TLS on it; the reason in words.
    case unreachable(String)
    /// No answer within the time given. A command that was sent may have been carried out.
    case timedOut
    /// The connection was lost before the answer. A command that was sent may have been carried out.
    case connectionLost
    /// The server sent something that is no answer.
    case breach(RESPBreach)
    /// The server refused the command; `code` is the first word of its answer.
    case refused(code: String, message: String)
    /// More commands wait for their answers than the connection takes.
    case overloaded
    /// The client was closed by its owner.
    case closed

    package var description: String {
        switch self {
        case .badURL(let reason):
            "The Redis URL cannot be used: \(reason). Give redis://user:password@host:port/database, or rediss:// for TLS."
        case .unreachable(let reason):
            "Redis cannot be reached (\(reason)). Check the host, the port and the network."
        case .timedOut: "Redis did not answer in time. Check its load and the network."
        case .connectionLost: "The connection to Redis was lost."
        case .breach(let breach): "Redis sent \(breach). Check that the port is that of a Redis server without a proxy."
        case .refused(let code, let message): Self.describe(code, message)
        case .overloaded: "Too many commands wait for Redis. Check its load."
        case .closed: "The Redis client is closed."
        }
    }

    /// Whether another try on a new connection may succeed without anybody's doing.
    package var isConnectionFault: Bool {
        switch self {
        case .unreachable, .timedOut, .connectionLost, .breach, .overloaded: true
        case .refused(let code, _): ["LOADING", "BUSY", "READONLY", "MASTERDOWN", "TRYAGAIN"].contains(code)
        case .badURL, .closed: false
        }
    }

    /// Takes the server's words, without what it may quote of the command.
    init(reply: String) {
        let message =
            reply.firstRange(of: ", with args beginning with").map { String(reply[..<$0.lowerBound]) } ?? reply
        self = .refused(
            code: String(message.prefix { $0 != " " }.prefix(32)),
            message: String(message.drop { $0 != " " }.dropFirst().prefix(200))
        )
    }

    private static func describe(_ code: String, _ message: String) -> String {
        switch code {
        case "WRONGPASS", "NOAUTH": "Redis refuses the sign-in (\(code)). Check user and password in the URL."
        case "NOPERM":
            "The Redis user may not do this (NOPERM: \(message)). Give it the commands and keys of the queue."
        case "LOADING": "Redis is still loading its data."
        case "READONLY": "This Redis is a read-only replica. Give the address of the primary."
        case "MOVED", "ASK", "CROSSSLOT":
            "This Redis is a cluster node and the keys are elsewhere (\(code)). Give a Redis that is not a cluster."
        case "OOM": "Redis is out of memory (OOM). Give it more, or let it keep fewer jobs."
        default: "Redis refused a command (\(code): \(message))."
        }
    }
}
