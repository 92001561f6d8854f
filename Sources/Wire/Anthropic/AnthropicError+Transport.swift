import AsyncHTTPClient
import NIOCore

extension AnthropicError {
    /// Names what went wrong below HTTP.
    init(transport error: any Error) {
        switch error {
        case let error as AnthropicError: self = error
        case _ where Task.isCancelled: self = .cancelled
        case is CancellationError: self = .cancelled
        case is NIOTooManyBytesError: self = .malformed("the answer is too long")
        case let error as HTTPClientError where error == .cancelled: self = .cancelled
        case let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout: self = .timedOut
        case let error as HTTPClientError: self = .unreachable(error.shortDescription)
        // Addresses, error numbers, certificate trouble: nothing of the request.
        default: self = .unreachable(String("\(error)".prefix(200)))
        }
    }
}
