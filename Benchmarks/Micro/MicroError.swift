/// Why the single operations could not be measured.
enum MicroError: Error, CustomStringConvertible {
    case didNothing(operation: String)
    /// Memory was asked for and not counted.
    case notCounting
    /// A file of the build is not beside this program.
    case missing(path: String, product: String)
    case system(call: String, code: Int32)
    case routerNotReady(log: String)
    /// What was expected of the router did not come within ten seconds.
    case nothingCame(String, log: String)

    var description: String {
        switch self {
        case .didNothing(let operation):
            "“\(operation)” did not do its work: its input is not what the code takes any more. Mend Benchmarks/Micro."
        case .notCounting:
            "Allocations are not counted: nothing stands in front of malloc. Link against glibc, dynamically."
        case .missing(let path, let product):
            "There is no \(path). Build it first: swift build -c release --product \(product)"
        case .system(let call, let code): "\(call) failed with error \(code) of the system."
        case .routerNotReady(let log): "The router did not become ready. Its last lines:\n\(log)"
        case .nothingCame(let what, let log):
            "\(what) did not come within ten seconds. The router's last lines:\n\(log)"
        }
    }
}
