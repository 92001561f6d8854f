/// What an error of the voice model asks of a call.
///
/// Codes, close codes and statuses are those of OpenAI's Realtime API; whatever is not known is taken for harmless
/// while the socket is open, and for a lost connection when it is closed.
package enum ModelErrorClass: Sendable, Equatable {
    /// Trying again cannot help: key, quota, model or configuration are wrong.
    case fatal
    /// The session is over; open another and replay the conversation.
    case reconnect
    /// Too many requests or tokens: wait before the next response, and say something meanwhile.
    case backOff
    /// Ask for the response again, once, as soon as no other is active.
    case retryResponse
    /// Harmless; the session goes on.
    case logOnly

    /// Classifies an `error` event.
    package static func of(_ error: ModelErrorInfo) -> ModelErrorClass {
        error.code.flatMap(Self.known) ?? error.type.flatMap(Self.known) ?? .logOnly
    }

    /// Classifies the end of a response; nil where nothing went wrong.
    ///
    /// A response that failed without a reason that we know, or by a fault of the server, may be asked for once more:
    /// the caller would wait in silence otherwise.
    package static func of(_ response: ModelResponseResult) -> ModelErrorClass? {
        guard response.status == .failed else { return nil }
        guard let error = response.error else { return .retryResponse }
        let known = error.code.flatMap(Self.known) ?? error.type.flatMap(Self.known)
        return known == .logOnly ? .retryResponse : known ?? .retryResponse
    }

    /// Classifies the close of a socket that we did not close.
    ///
    /// - Parameters:
    ///   - closeCode: RFC 6455 §7.4; nil where the connection ended without a close frame.
    ///   - reason: The reason of the close frame, such as `invalid_request_error.session_expired`.
    /// - Returns: ``fatal``, ``reconnect`` or ``backOff``.
    package static func of(closeCode: UInt16?, reason: String = "") -> ModelErrorClass {
        // The reason says more than the code: its last part is an error code where OpenAI closes for one.
        if let code = reason.split(separator: ".").last, let known = Self.known(String(code)), known != .logOnly,
            known != .retryResponse
        {
            return known
        }
        return closeCode == 4000 ? .fatal : .reconnect
    }

    /// Classifies the answer to an upgrade request that was not 101.
    package static func of(upgradeStatus: Int) -> ModelErrorClass {
        switch upgradeStatus {
        case 429: .backOff
        case 408, 425, 500...599: .reconnect
        default: .fatal
        }
    }

    private static func known(_ code: String) -> ModelErrorClass? {
        switch code {
        case "invalid_api_key", "beta_api_shape_disabled", "model_not_found", "insufficient_quota",
            "authentication_error", "permission_error":
            .fatal
        case "session_expired": .reconnect
        case "rate_limit_exceeded", "rate_limit_error": .backOff
        case "conversation_already_has_active_response": .retryResponse
        case "response_cancel_not_active", "input_audio_buffer_commit_empty", "invalid_value",
            "unsupported_content_type", "server_error":
            .logOnly
        default: nil
        }
    }
}
