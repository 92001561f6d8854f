import Foundation

/// Why a request to Claude brought no answer; holds no key and no words of a prompt or an answer.
package enum AnthropicError: Error, Sendable, Equatable, CustomStringConvertible {
    case timedOut
    /// The task that asked was cancelled.
    case cancelled
    /// No connection, or it broke.
    case unreachable(String)
    /// The API answered with an error, as a status or within a stream.
    case api(AnthropicFailure)
    /// An answer that does not follow the protocol.
    case malformed(String)

    package var description: String {
        switch self {
        case .timedOut: "Claude did not answer in time. If this repeats, check the network and ANTHROPIC_BASE_URL."
        case .cancelled: "The request to Claude was withdrawn."
        case .unreachable(let reason): "Claude cannot be reached (\(reason)). Check the network and ANTHROPIC_BASE_URL."
        case .api(let failure): failure.description
        case .malformed(let reason): "Claude's answer cannot be read (\(reason)). Check ANTHROPIC_BASE_URL."
        }
    }
}

/// An error that the Messages API reported.
package struct AnthropicFailure: Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status; for an error within a stream the status that its type stands for.
    package var status: Int
    /// `rate_limit_error`, `overloaded_error`, …; `unknown` where the body tells none.
    package var type: String
    /// How long the API asks us to wait, where it does; at most a day.
    package var retryAfter: Duration?
    /// The API's own word on trying again (`x-should-retry`), which wins over the status.
    package var shouldRetry: Bool?
    package var requestID: String?

    package init(
        status: Int,
        type: String,
        retryAfter: Duration? = nil,
        shouldRetry: Bool? = nil,
        requestID: String? = nil
    ) {
        self.status = status
        self.type = Self.identifier(type)
        self.retryAfter = retryAfter
        self.shouldRetry = shouldRetry
        self.requestID = requestID
    }

    /// An error event within a stream that began with status 200.
    init(streamErrorType type: String, requestID: String?) {
        self.init(status: Self.statuses[type] ?? 500, type: type, requestID: requestID)
    }

    /// The same request may succeed later: rate limits, overload, faults of the server, time-outs and conflicts.
    package var isRetryable: Bool {
        self.shouldRetry ?? (self.status == 408 || self.status == 409 || self.status == 429 || self.status >= 500)
    }

    package var description: String {
        let advice =
            switch self.status {
            case 401, 403: "Check ANTHROPIC_API_KEY."
            case 402: "Check the account's billing."
            case 404: "Check the model's name in ANTHROPIC_MODEL and ANTHROPIC_REASONING_MODEL."
            case 429: "Check the account's rate limits."
            case 500...: "If this repeats, see https://status.anthropic.com."
            default: "This is a fault of the request; report it."
            }
        return "Claude answered with HTTP \(self.status) (\(self.type)). \(advice)"
    }

    /// Types and statuses of the API's error page.
    private static let statuses = [
        "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
        "not_found_error": 404, "conflict_error": 409, "request_too_large": 413, "rate_limit_error": 429,
        "api_error": 500, "timeout_error": 504, "overloaded_error": 529,
    ]

    /// The type as an identifier that may stand in a log line: what else a peer writes there is not passed on.
    private static func identifier(_ type: String) -> String {
        let isIdentifier = type.utf8.allSatisfy { byte in
            (byte | 0x20) &- UInt8(ascii: "a") < 26 || byte == UInt8(ascii: "_")
        }
        return isIdentifier && !type.isEmpty && type.utf8.count <= 64 ? type : "unknown"
    }
}
