import Synchronization

/// A number that any thread adds to without a lock: a counter, or a gauge that is moved by deltas.
final class Counter: Sendable {
    private let count = Atomic<Int>(0)

    func add(_ delta: Int = 1) { self.count.wrappingAdd(delta, ordering: .relaxed) }

    func set(_ value: Int) { self.count.store(value, ordering: .relaxed) }

    var value: Int { self.count.load(ordering: .relaxed) }
}
