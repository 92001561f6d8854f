import CallActors
import Foundation
import Synchronization

/// Answers by a script: for each request, in the order they come, an error or a summary.
final class FakeSummarizer: Summarizer {
    typealias Answer = Result<CallSummary, ReasoningError>

    private struct State {
        var requests: [SummaryRequest] = []
        var running = 0
        var mostRunning = 0
        var gate: [CheckedContinuation<Void, Never>] = []
        var isOpen = true
    }

    private let state: Mutex<State>
    private let script: @Sendable (_ index: Int, _ request: SummaryRequest) -> Answer
    private let started = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingOldest(1_000))

    /// - Parameters:
    ///   - isOpen: While false, requests wait for ``open()``.
    ///   - script: Gives the answer to each request.
    init(isOpen: Bool = true, _ script: @escaping @Sendable (Int, SummaryRequest) -> Answer) {
        self.script = script
        var state = State()
        state.isOpen = isOpen
        self.state = Mutex(state)
    }

    var requests: [SummaryRequest] { self.state.withLock { $0.requests } }
    /// The most requests that ran at the same time.
    var mostRunning: Int { self.state.withLock { $0.mostRunning } }

    /// The next call that a request was made for.
    func nextStarted() async -> String? { await self.started.stream.first { _ in true } }

    /// Lets all requests through, now and from now on.
    func open() {
        let gate = self.state.withLock { state in
            state.isOpen = true
            defer { state.gate = [] }
            return state.gate
        }
        for continuation in gate { continuation.resume() }
    }

    func summarize(_ call: SummaryRequest) async throws(ReasoningError) -> CallSummary {
        let index = self.state.withLock { state in
            state.requests.append(call)
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
            return state.requests.count - 1
        }
        self.started.continuation.yield(call.callID)
        await withCheckedContinuation { continuation in
            let isOpen = self.state.withLock { state in
                if !state.isOpen { state.gate.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        self.state.withLock { $0.running -= 1 }
        if Task.isCancelled { throw .cancelled }
        return try self.script(index, call).get()
    }

    static let summary = CallSummary(
        outcome: .goalAchieved,
        summary: "They want a quote.",
        interestLevel: .high,
        nextAction: "Send the quote",
        appointmentTime: "2026-12-01T10:00:00Z",
        quoteAmount: 450,
        inputTokens: 1_000,
        outputTokens: 100
    )
}
