import ArgumentParser
import LoadKit

/// Router, floor, or one after the other.
enum TargetChoice: String, ExpressibleByArgument, CaseIterable {
    case router, floor, both

    /// The floor first: what follows is then shown as a ratio to it.
    var all: [LoadTarget] {
        switch self {
        case .router: [.router]
        case .floor: [.floor]
        case .both: [.floor, .router]
        }
    }
}

extension LoadMode: ExpressibleByArgument {}
extension LoadTarget: ExpressibleByArgument {}
