import CallActors
import Wire

extension ReasoningError {
    /// What an error of the API means for a call.
    init(_ error: AnthropicError) {
        self =
            switch error {
            case .timedOut: .timedOut
            case .cancelled: .cancelled
            case .unreachable(let reason): .unreachable(reason)
            case .malformed(let reason): .malformed(reason)
            case .api(let failure) where failure.isRetryable:
                .overloaded(status: failure.status, retryAfter: failure.retryAfter)
            case .api(let failure): .rejected(status: failure.status, type: failure.type)
            }
    }
}
