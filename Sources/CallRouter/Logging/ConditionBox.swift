import Foundation

/// A value behind a lock, and a way to wait until it is as wanted.
///
/// `@unchecked Sendable`: `value` is touched only between `lock` and `unlock` of `condition`, in this class alone.
final class ConditionBox<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private var value: Value

    init(_ value: Value) { self.value = value }

    /// Changes the value and wakes everybody who waits.
    func change(_ body: (inout Value) -> Void) {
        self.condition.lock()
        body(&self.value)
        self.condition.broadcast()
        self.condition.unlock()
    }

    /// Blocks the thread until `isReady` or the limit is over, then runs `body` under the same lock.
    func wait(until isReady: (Value) -> Bool, limit: Duration?, body: (inout Value) -> Void = { _ in }) {
        let deadline = limit.map { Date(timeIntervalSinceNow: $0 / .seconds(1)) }
        self.condition.lock()
        defer { self.condition.unlock() }
        while !isReady(self.value) {
            if let deadline {
                guard self.condition.wait(until: deadline) else { break }
            } else {
                self.condition.wait()
            }
        }
        body(&self.value)
    }
}
