import Synchronization

/// Counts the HTTP connections of one server, so that there is an end to them.
final class ConnectionAdmission: Sendable {
    private let limit: Int
    private let count = Atomic(0)

    init(limit: Int) { self.limit = limit }

    /// Another connection may be opened.
    var hasRoom: Bool { self.count.load(ordering: .relaxed) < self.limit }

    func opened() { self.count.add(1, ordering: .relaxed) }

    func closed() { self.count.subtract(1, ordering: .relaxed) }
}
