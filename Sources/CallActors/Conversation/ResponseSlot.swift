import DequeModule
import Wire

/// The one response that may be active in a conversation, and those that wait for it.
///
/// The model refuses a second response while one is active. So a request is sent when the slot is free and queued
/// otherwise; if the model was faster (its turn detection answers by itself), the refused request waits too.
package struct ResponseSlot: Sendable, Equatable {
    package enum State: Sendable, Equatable {
        /// Nothing is asked for or running.
        case free
        /// Waits for `responseCreated` of this request.
        case requested(ModelResponseRequest)
        /// Waits for `responseDone`. `request` is the one of ours that it is taken to answer.
        case active(id: String, request: ModelResponseRequest?)
        /// The model said that a response is active which we do not know by name; any `responseDone` frees the slot.
        case busy
    }

    package private(set) var state = State.free
    private var waiting = Deque<ModelResponseRequest>()

    /// More requests than this cannot be meant; the oldest goes.
    private static let limit = 8

    package init() {}

    package var activeID: String? {
        if case .active(let id, _) = self.state { return id }
        return nil
    }

    /// Nothing runs, is asked for or waits.
    package var isIdle: Bool { self.state == .free && self.waiting.isEmpty }

    /// A response was asked for that has not begun.
    package var isWaiting: Bool {
        if case .requested = self.state { return true }
        return !self.waiting.isEmpty
    }

    /// Asks for a response; returns the request to send now, if any.
    package mutating func want(_ request: ModelResponseRequest) -> ModelResponseRequest? {
        guard self.state == .free else {
            if self.waiting.count == Self.limit { self.waiting.removeFirst() }
            self.waiting.append(request)
            return nil
        }
        self.state = .requested(request)
        return request
    }

    /// Drops what waits: the caller moved on, and the model will answer the new turn by itself.
    package mutating func dropWaiting() { self.waiting.removeAll() }

    /// Drops waiting requests of one purpose.
    package mutating func dropWaiting(where isUnwanted: (ModelResponseRequest) -> Bool) {
        self.waiting.removeAll(where: isUnwanted)
    }

    /// The model began a response of the conversation.
    ///
    /// - Returns: The request that it is taken to answer; the model's own turn detection may have been faster, which
    ///   shows in ``refusedAsBusy()``.
    @discardableResult
    package mutating func created(id: String) -> ModelResponseRequest? {
        var answered: ModelResponseRequest?
        if case .requested(let request) = self.state { answered = request }
        self.state = .active(id: id, request: answered)
        return answered
    }

    /// A response ended; returns the request to send now, if any.
    package mutating func done(id: String) -> ModelResponseRequest? {
        switch self.state {
        case .active(id, _), .busy:
            self.state = .free
            return self.advance()
        // Late or out-of-band news of a response that is not the active one.
        case .active, .free, .requested: return nil
        }
    }

    /// The model refused our request because another response is active: it waits for that one's end.
    package mutating func refusedAsBusy() {
        switch self.state {
        case .requested(let request):
            self.waiting.prepend(request)
            self.state = .busy
        case .active(let id, let request?):
            self.waiting.prepend(request)
            self.state = .active(id: id, request: nil)
        // The request was given up meanwhile.
        case .active(_, nil), .free, .busy: break
        }
    }

    /// The model refused our request for good; returns the next one to send, if any.
    package mutating func refused() -> ModelResponseRequest? {
        guard case .requested = self.state else { return nil }
        self.state = .free
        return self.advance()
    }

    /// The session is gone with whatever was active; returns whether something was asked for or running.
    package mutating func reset() -> Bool {
        let wasBusy = !self.isIdle
        self.state = .free
        self.waiting.removeAll()
        return wasBusy
    }

    private mutating func advance() -> ModelResponseRequest? {
        guard let next = self.waiting.popFirst() else { return nil }
        self.state = .requested(next)
        return next
    }
}
