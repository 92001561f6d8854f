/// Why the router cannot start although its configuration is right.
package enum StartError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One of the two ports cannot be listened on.
    case cannotListen(address: String, port: Int, reason: String)
    /// Another process works on the data directory.
    case dataDirectoryLocked(path: String)
    /// The data directory cannot be made or written.
    case dataDirectoryUnusable(path: String, reason: String)
    /// The embedded store cannot be opened.
    case storeUnusable(reason: String)
    /// A part that is built from the configuration cannot be.
    case partUnusable(part: String, reason: String)

    package var description: String {
        switch self {
        case .cannotListen(let address, let port, let reason):
            "Cannot listen on \(address):\(port) (\(reason)). Stop the program that holds the port, or set WEBSOCKET_PORT "
                + "and METRICS_PORT to free ones (BIND_ADDRESS names the address)."
        case .dataDirectoryLocked(let path):
            "Another router works on \(path). Stop it, or set DATA_DIR to a directory of this router's own."
        case .dataDirectoryUnusable(let path, let reason):
            "The data directory \(path) cannot be used (\(reason)). Make it writable, or set DATA_DIR to one that is."
        case .storeUnusable(let reason):
            "The embedded store cannot be opened (\(reason)). Check DATA_DIR and the space on its disk."
        case .partUnusable(let part, let reason): "\(part) cannot be set up (\(reason))."
        }
    }
}
