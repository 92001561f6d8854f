import Synchronization

/// A part that exists only after another one that uses it: calls order callbacks from the desk whose dialler needs the calls.
final class LateBound<Value: Sendable>: Sendable {
    private let content = Mutex<Value?>(nil)

    /// nil while the parts are still being put together.
    var value: Value? { self.content.withLock { $0 } }

    func bind(_ value: Value) { self.content.withLock { $0 = value } }
}
