import CallActors
import HTTPTypes

extension APIError {
    /// What is wrong with a telephone number that is none.
    static let numberFault = "must be a telephone number in E.164, such as +15551234567"

    static func notLive(_ record: CallRecord) -> APIError {
        APIError(
            .conflict,
            code: "not_live",
            message: "The call is \(record.status.rawValue), not live on this router."
        )
    }

    static func notAllowed(_ message: String) -> APIError {
        APIError(.forbidden, code: "not_allowed", message: message)
    }

    static var carrierNotConfigured: APIError {
        APIError(
            .serviceUnavailable,
            code: "carrier_not_configured",
            message: "This router has no carrier account. Set SIGNALWIRE_* or TWILIO_*, and PUBLIC_URL."
        )
    }

    /// Why an order for a call is not taken, as `/v1` tells it.
    init(_ error: CallIntakeError) {
        switch error {
        case .invalid(let fields): self = .invalid(fields)
        case .notAllowed(let reason): self = .notAllowed("This number is not to be called. \(reason)")
        case .optedOut:
            self.init(.conflict, code: "opted_out", message: "This number must not be called: its owner asked for it.")
        case .idempotencyMismatch:
            self.init(
                .unprocessableContent,
                code: "idempotency_mismatch",
                message: "This Idempotency-Key was used for another order. Use a new key for a new order."
            )
        case .draining:
            self.init(
                .serviceUnavailable,
                code: "draining",
                message: "This router is stopping and takes no new calls. Ask another one, or again later.",
                headers: [.retryAfter: "30"]
            )
        case .atCapacity:
            self.init(
                .serviceUnavailable,
                code: "at_capacity",
                message: "This router has as many calls as it may. Try again later, or raise MAX_CALLS.",
                headers: [.retryAfter: "10"]
            )
        case .carrierNotConfigured: self = .carrierNotConfigured
        case .storeUnavailable: self = .unavailable()
        }
    }
}
