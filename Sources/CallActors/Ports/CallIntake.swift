import Foundation

/// Takes orders for calls: from the API, from the job queue, and from a conversation that agreed on a callback.
package protocol CallIntake: Sendable {
    /// Checks the order and stores it as a queued call; it is dialled when its time, the callee's hours and the pace
    /// allow.
    ///
    /// - Parameters:
    ///   - call: The order.
    ///   - idempotency: Makes a repeated order the same call; nil for none.
    /// - Returns: The stored call; the one that was stored before for a repeated order.
    /// - Throws: ``CallIntakeError``; nothing is stored then.
    func create(_ call: NewCall, idempotency: IdempotencyKey?) async throws(CallIntakeError) -> CallRecord
}

/// An order for one outbound call.
package struct NewCall: Sendable, Equatable {
    /// nil makes a new UUID; a job or a stored order brings its own.
    package var callID: String?
    package var to: String
    package var callType: String
    package var objective: String
    package var leadID: String?
    package var businessID: String?
    package var consumerID: String?
    package var initiatorID: String?
    package var systemPrompt: String?
    package var voice: String?
    package var scheduledTime: Date?
    /// ``PromptContextKey`` names and others.
    package var context: [String: String]

    package init(to: String, callType: String, objective: String) {
        self.to = to
        self.callType = callType
        self.objective = objective
        self.context = [:]
    }
}

/// A key under which an order is the same order, for 24 hours.
package struct IdempotencyKey: Sendable, Equatable {
    package var key: String
    /// SHA-256 of the order's canonical form, in hex: another one under the same key is refused.
    package var bodyHash: String

    package init(key: String, bodyHash: String) {
        self.key = key
        self.bodyHash = bodyHash
    }
}

/// Why an order for a call is not taken.
package enum CallIntakeError: Error, Sendable, Equatable {
    /// Field name to what is wrong with it.
    case invalid([String: String])
    /// The number is not to be called: its country, its kind. The text says which, without the number.
    case notAllowed(String)
    case optedOut
    case idempotencyMismatch
    case draining, atCapacity, carrierNotConfigured
    case storeUnavailable
}

/// Decides about telephone numbers: form, country, kind, and the time of day where they ring.
package protocol NumberChecking: Sendable {
    /// Says whether a number may be called or transferred to.
    func check(_ number: String) -> NumberVerdict
    /// The first moment from `date` on that lies within the calling hours everywhere the number may ring; `date` itself
    /// where it does, or where no hours are set.
    func nextOpening(for number: String, from date: Date) -> Date
    /// The callee's likely time zone: the first of those where the number may ring; nil for an unknown number.
    func timeZone(of number: String) -> TimeZone?
}

/// What is decided about a telephone number.
package enum NumberVerdict: Sendable, Equatable {
    /// May be called; in E.164.
    case allowed(String)
    /// No telephone number in E.164.
    case malformed
    /// Premium-rate, emergency, or of a country that is not allowed; the text says which.
    case notAllowed(String)
}
