import Foundation

/// The carrier's own hand on calls: places, redirects, ends and looks at them (its REST API).
package protocol CarrierControl: Sendable {
    /// Keypad tones can be sent on the media stream; otherwise they are played by a document.
    var sendsDigitsOnStream: Bool { get }
    /// Places a call and returns the carrier's identifier (SID) of it.
    func create(_ call: OutboundCall) async throws(CarrierError) -> String
    /// Gives a live call another document, fetched from `url` by POST; this ends its stream.
    func redirect(callSID: String, to url: String) async throws(CarrierError)
    /// Ends a call, also one that is still ringing.
    func hangUp(callSID: String) async throws(CarrierError)
    func fetch(callSID: String) async throws(CarrierError) -> CarrierCallState
    /// Calls placed to `number` since `date`, newest first; nil where the carrier does not list calls.
    func calls(to number: String, since date: Date) async throws(CarrierError) -> [CarrierCallState]?
}

/// A call to be placed.
package struct OutboundCall: Sendable, Equatable {
    package var callID: String
    /// E.164.
    package var to: String
    /// E.164; the account's own number.
    package var from: String
    /// Where the carrier fetches the document of the call, by POST.
    package var url: String
    /// Where it fetches one when that fails.
    package var fallbackURL: String
    package var statusCallback: String
    package var amdCallback: String
    /// How long it may ring; 1 to 600 s.
    package var ringTime: Duration

    package init(
        callID: String,
        to: String,
        from: String,
        url: String,
        fallbackURL: String,
        statusCallback: String,
        amdCallback: String,
        ringTime: Duration = .seconds(60)
    ) {
        self.callID = callID
        self.to = to
        self.from = from
        self.url = url
        self.fallbackURL = fallbackURL
        self.statusCallback = statusCallback
        self.amdCallback = amdCallback
        self.ringTime = ringTime
    }
}

/// How a call stands at the carrier.
package struct CarrierCallState: Sendable, Equatable {
    package var callSID: String
    package var status: CarrierCallStatus
    /// Seconds of talk, once it is over.
    package var durationSeconds: Int?
    /// When the carrier took the call, where told.
    package var createdAt: Date?

    package init(callSID: String, status: CarrierCallStatus, durationSeconds: Int? = nil, createdAt: Date? = nil) {
        self.callSID = callSID
        self.status = status
        self.durationSeconds = durationSeconds
        self.createdAt = createdAt
    }
}

/// `CallStatus` of the carriers' callbacks, and `status` of their call objects.
package enum CarrierCallStatus: String, Sendable, CaseIterable {
    case queued, initiated, ringing
    case inProgress = "in-progress"
    case completed, busy, failed, canceled
    case noAnswer = "no-answer"

    /// The call is over at the carrier.
    package var isTerminal: Bool {
        switch self {
        case .completed, .busy, .failed, .canceled, .noAnswer: true
        case .queued, .initiated, .ringing, .inProgress: false
        }
    }
}

/// Why the carrier did not do what it was asked; never holds a key or a number.
package enum CarrierError: Error, Sendable, Equatable, CustomStringConvertible {
    /// 4xx other than 429: asking again cannot help. `code` is the carrier's own.
    case rejected(status: Int, code: String?)
    /// 429.
    case rateLimited(retryAfter: Duration?)
    /// 5xx, or the request never left: nothing was done.
    case unavailable(String)
    /// No answer came to a request that was sent: it may have been carried out.
    case unanswered(String)

    /// Asking again may help, and cannot do it twice.
    package var isRetryable: Bool {
        switch self {
        case .rateLimited, .unavailable: true
        case .rejected, .unanswered: false
        }
    }

    package var description: String {
        switch self {
        case .rejected(let status, let code):
            "The carrier refused the request (HTTP \(status), code \(code ?? "none")). "
                + "Check the account, its number and its balance."
        case .rateLimited: "The carrier limits the rate of requests (HTTP 429). Lower CALLS_PER_SECOND."
        case .unavailable(let reason): "The carrier's API is not available (\(reason)). It is asked again."
        case .unanswered(let reason):
            "The carrier's API did not answer (\(reason)). What became of the request is found out from its callbacks."
        }
    }
}
