import Synchronization

@testable import CallActors

/// A reasoner that answers when the test says so.
final class FakeReasoner: Reasoner {
    let questions = EventLog<ReasoningQuestion>()
    let cancellations = EventLog<String>()
    private let waiting = Mutex<[String: CheckedContinuation<Result<ReasoningAnswer, ReasoningError>, Never>]>([:])

    func advise(_ question: ReasoningQuestion) async throws(ReasoningError) -> ReasoningAnswer {
        let key = question.question
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                self.waiting.withLock { $0[key] = continuation }
                self.questions.append(question)
                if Task.isCancelled { self.finish(key, .failure(.cancelled)) }
            }
        } onCancel: {
            self.cancellations.append(key)
            self.finish(key, .failure(.cancelled))
        }
        return try result.get()
    }

    func answer(_ question: String, _ advice: String) {
        self.finish(question, .success(ReasoningAnswer(advice: advice, inputTokens: 10, outputTokens: 5)))
    }

    func fail(_ question: String, _ error: ReasoningError) { self.finish(question, .failure(error)) }

    private func finish(_ key: String, _ result: Result<ReasoningAnswer, ReasoningError>) {
        self.waiting.withLock { $0.removeValue(forKey: key) }?.resume(returning: result)
    }
}
