/// Why `DATA_DIR` cannot be used.
///
/// The process cannot start without it.
package enum DataDirectoryError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another process works on the directory; its identifier, where it told.
    case inUse(path: String, processID: Int?)
    /// The directory, or a file that belongs in it, cannot be made, opened or written.
    case unusable(path: String, reason: String)
    /// The kept stream token secret is not what this program wrote.
    case damagedSecret(path: String)

    package var description: String {
        switch self {
        case .inUse(let path, let processID):
            "The data directory \(path) is in use by another process"
                + (processID.map { " (pid \($0))" } ?? "")
                + ". Stop that one, or give this one a DATA_DIR of its own."
        case .unusable(let path, let reason):
            "The data directory cannot be used: \(path): \(reason). Check DATA_DIR, its owner and the space on its disk."
        case .damagedSecret(let path):
            "The stream token secret in \(path) is damaged. Set STREAM_TOKEN_SECRET, or delete the file to have a new one "
                + "made; tokens given out before are then refused."
        }
    }
}
