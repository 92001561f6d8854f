import NIOHTTP1

/// What a path of the REST API means.
enum StandInAPITarget: Sendable, Equatable {
    case account(String)
    case calls(accountSID: String)
    case call(accountSID: String, callSID: String)
    case numbers(accountSID: String)
    case unknown

    /// SignalWire's paths lie below `/api/laml`, with or without `.json`; Twilio's do not, and end with it.
    init(_ request: LoopbackRequest, settings: CarrierSettings) {
        var path = request.path
        let hasSuffix = path.hasSuffix(".json")
        if hasSuffix { path.removeLast(".json".count) }
        let isTwilio = settings.dialect == .twilio
        let prefix = isTwilio ? "/2010-04-01/Accounts/" : "/api/laml/2010-04-01/Accounts/"
        guard path.hasPrefix(prefix), hasSuffix || !isTwilio else {
            self = .unknown
            return
        }
        let parts = path.dropFirst(prefix.count).split(separator: "/", omittingEmptySubsequences: false).map(
            String.init
        )
        switch (parts.count, parts.dropFirst().first) {
        case (1, _): self = .account(parts[0])
        case (2, "Calls"): self = .calls(accountSID: parts[0])
        case (2, "IncomingPhoneNumbers"): self = .numbers(accountSID: parts[0])
        case (3, "Calls"): self = .call(accountSID: parts[0], callSID: parts[2])
        default: self = .unknown
        }
    }

    var accountSID: String? {
        switch self {
        case .account(let sid), .calls(let sid), .call(let sid, _), .numbers(let sid): sid
        case .unknown: nil
        }
    }

    /// What a request asks for; nil for what is looked at only by checks of the account.
    func operation(method: HTTPMethod) -> StandInAPIFault.Operation? {
        switch (self, method) {
        case (.calls, .POST): .create
        case (.calls, .GET): .list
        case (.call, .GET): .fetch
        case (.call, .POST): .update
        default: nil
        }
    }
}
