/// Why the router cannot start although its configuration is right.
package enum StartError: Error, Sendable, Equatable, CustomStringConvertible {
    /// One of the two ports cannot be listened on.
    case cannotListen(address: String, port: Int, reason: String)
    /// The data directory is another process's, or cannot be made or written.
    case dataDirectory(DataDirectoryError)
    /// The embedded store cannot be opened.
    case store(StoreOpenError)
    /// A part that is built from the configuration cannot be.
    case partUnusable(part: String, reason: String)

    package var description: String {
        switch self {
        case .cannotListen(let address, let port, let reason):
            "Cannot listen on \(address):\(port) (\(reason)). Stop the program that holds the port, or set WEBSOCKET_PORT "
                + "and METRICS_PORT to free ones (BIND_ADDRESS names the address)."
        case .dataDirectory(let error): error.description
        case .store(let error): error.description
        case .partUnusable(let part, let reason): "\(part) cannot be set up (\(reason))."
        }
    }
}
