import Foundation
import Synchronization

/// What the connections of one stand-in share.
final class ModelShared: Sendable {
    private struct State {
        var nextItemNumber: UInt32 = 1
        var firedFaults: Set<FaultOfCall> = []
    }

    private struct FaultOfCall: Hashable {
        var caller: UInt32
        var fault: Int
    }

    private let state = Mutex(State())

    /// A number for a spoken item that no other item has.
    func nextItemNumber() -> UInt32 {
        self.state.withLock { state in
            defer { state.nextItemNumber += 1 }
            return state.nextItemNumber
        }
    }

    /// True once for each fault of each call.
    func claim(fault: Int, of caller: UInt32) -> Bool {
        self.state.withLock { $0.firedFaults.insert(FaultOfCall(caller: caller, fault: fault)).inserted }
    }

    /// The `model` that the query of an address names.
    static func model(of uri: String) -> String? {
        URLComponents(string: uri)?.queryItems?.first { $0.name == "model" }?.value
    }
}
