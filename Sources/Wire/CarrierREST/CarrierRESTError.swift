/// Why a request to a carrier's REST API brought no answer that can be used; holds no key, no number and no SID.
package enum CarrierRESTError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The API answered with an error.
    case refused(CarrierRESTFailure)
    /// The request never left: there was no connection for it.
    case notSent(String)
    /// The request left, at least in part, and no answer came: it may have been carried out.
    case unanswered(String)

    package var description: String {
        switch self {
        case .refused(let failure): failure.description
        case .notSent(let reason): "The carrier's API cannot be reached (\(reason)). Check its address and port 443."
        case .unanswered(let reason): "The carrier's API was asked and did not answer (\(reason))."
        }
    }
}

/// An error that a carrier's API reported.
package struct CarrierRESTFailure: Sendable, Equatable, CustomStringConvertible {
    /// The HTTP status.
    package var status: Int
    /// The carrier's own code, such as 21211; nil where the body tells none.
    package var code: String?
    /// How long it asks us to wait, where it does; at most an hour.
    package var retryAfter: Duration?

    package init(status: Int, code: String? = nil, retryAfter: Duration? = nil) {
        self.status = status
        self.code = code
        self.retryAfter = retryAfter
    }

    package var description: String {
        "The carrier's API answered with HTTP \(self.status) (code \(self.code ?? "none"))."
    }
}
