import DequeModule

/// A bounded sequence with one producer and one consumer on the same event loop: no lock, gives up its oldest element
/// when full.
///
/// It has the shape of an `AsyncStream` with `.bufferingNewest`, at a fraction of the cost per element, because it never
/// leaves the loop. Not Sendable on purpose: the compiler keeps it inside the actor that owns it. Cancelling the
/// consumer's task does not wake it; whoever ends the call calls ``finish()``.
package final class LoopLane<Element>: AsyncSequence, AsyncIteratorProtocol {
    package typealias Failure = Never

    package enum Outcome: Sendable, Equatable { case queued, displacedOldest, closed }

    private var buffer = Deque<Element>()
    private var waiter: UnsafeContinuation<Void, Never>?
    private var finished = false
    private let limit: Int

    /// - Parameter limit: The most elements that wait; one more displaces the oldest.
    package init(limit: Int) { self.limit = limit }

    package var isEmpty: Bool { self.buffer.isEmpty }

    package func makeAsyncIterator() -> LoopLane { self }

    @discardableResult
    package func send(_ element: Element) -> Outcome {
        guard !self.finished else { return .closed }
        var outcome = Outcome.queued
        if self.buffer.count == self.limit {
            self.buffer.removeFirst()
            outcome = .displacedOldest
        }
        self.buffer.append(element)
        self.wake()
        return outcome
    }

    /// Throws away what waits and returns how much it was.
    @discardableResult
    package func clear() -> Int {
        let count = self.buffer.count
        self.buffer.removeAll(keepingCapacity: true)
        return count
    }

    /// Ends the sequence once its buffer is empty; further elements are refused.
    package func finish() {
        self.finished = true
        self.wake()
    }

    package func next() async -> Element? { await self.next(isolation: #isolation) }

    package func next(isolation actor: isolated (any Actor)?) async -> Element? {
        while true {
            if let element = self.buffer.popFirst() { return element }
            if self.finished { return nil }
            precondition(self.waiter == nil, "a LoopLane has one consumer")
            await withUnsafeContinuation(isolation: actor) { continuation in
                // The loop may have run between the look above and this one.
                guard self.buffer.isEmpty, !self.finished else { return continuation.resume() }
                self.waiter = continuation
            }
        }
    }

    private func wake() {
        guard let waiter = self.waiter else { return }
        self.waiter = nil
        waiter.resume()
    }
}
