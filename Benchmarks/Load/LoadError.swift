/// Why a measurement could not be made.
enum LoadError: Error, CustomStringConvertible {
    case system(call: String, errno: Int32)
    case binaryMissing(path: String)
    case notReady(name: String, log: String)
    case ended(name: String, log: String)
    case callsNotEstablished(ready: Int, wanted: Int, reason: String, log: String)

    var description: String {
        switch self {
        case .system(let call, let errno):
            "\(call) failed with errno \(errno). Check the limit of open files (ulimit -n) and free memory."
        case .binaryMissing(let path):
            "There is no router at \(path). Build it: swift build -c release --product CallRouter"
        case .notReady(let name, let log):
            "The \(name) was not ready within 20 s. Its log ends:\n\(log)"
        case .ended(let name, let log):
            "The \(name) ended during the measurement. Its log ends:\n\(log)"
        case .callsNotEstablished(let ready, let wanted, let reason, let log):
            "Only \(ready) of \(wanted) calls came up (\(reason)). Try fewer. The log ends:\n\(log)"
        }
    }
}
