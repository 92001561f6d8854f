import DequeModule

/// A bounded sequence with one producer and one consumer on the same event loop: no lock, gives up its oldest element
/// when full.
///
/// It has the shape of an `AsyncStream` with `.bufferingNewest`, at a fraction of the cost per element, because it never
/// leaves the loop. A consumer takes its elements one after another (`for await`), or lends its body
/// (``lend(_:settle:)``) and is not woken for any of them. Not Sendable on purpose: the compiler keeps it inside the
/// actor that owns it. Cancelling the consumer's task does not wake it; whoever ends the call calls ``finish()``.
package final class LoopLane<Element>: AsyncSequence, AsyncIteratorProtocol {
    package typealias Failure = Never

    package enum Outcome: Sendable, Equatable { case queued, displacedOldest, closed }

    private var buffer = Deque<Element>()
    private var waiter: UnsafeContinuation<Void, Never>?
    /// The body that a consumer has lent.
    private var receiver: ((Element) -> Void)?
    private var finished = false
    private let limit: Int

    /// - Parameter limit: The most elements that wait; one more displaces the oldest.
    package init(limit: Int) { self.limit = limit }

    package var isEmpty: Bool { self.buffer.isEmpty }

    package func makeAsyncIterator() -> LoopLane { self }

    /// Adds an element; where a consumer has lent its body, that runs now.
    @discardableResult
    package func send(_ element: Element) -> Outcome {
        guard !self.finished else { return .closed }
        if let receiver = self.receiver {
            receiver(element)
            return .queued
        }
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
        self.receiver = nil
        self.wake()
    }

    /// Hands each element to `receive` until the lane is finished.
    ///
    /// Those that wait now, each later one inside of ``send(_:)``: the consumer's task sleeps through all of them
    /// (``resumeAtEnd(_:)``).
    ///
    /// - Parameters:
    ///   - receive: Takes one element, at once; must not use this lane.
    ///   - settle: Called when those that waited have been handed over, if there were any.
    package func lend(_ receive: @escaping (Element) -> Void, settle: () -> Void) {
        precondition(self.waiter == nil && self.receiver == nil, "a LoopLane has one consumer")
        if !self.buffer.isEmpty {
            while let element = self.buffer.popFirst() { receive(element) }
            settle()
        }
        if !self.finished { self.receiver = receive }
    }

    /// Wakes a consumer that has lent its body when the lane is finished.
    package func resumeAtEnd(_ consumer: UnsafeContinuation<Void, Never>) {
        precondition(self.waiter == nil, "a LoopLane has one consumer")
        guard !self.finished else { return consumer.resume() }
        self.waiter = consumer
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
