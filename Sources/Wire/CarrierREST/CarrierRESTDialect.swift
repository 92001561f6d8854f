/// Whose REST API is spoken: the two differ in where it is, hardly in what it says.
package enum CarrierRESTDialect: Sendable, Equatable {
    /// SignalWire's compatibility API; paths without a suffix.
    case signalWire
    /// Twilio's API; paths end in `.json`.
    case twilio

    /// What stands between the server's address and the account.
    var root: String {
        switch self {
        case .signalWire: "/api/laml/2010-04-01/Accounts/"
        case .twilio: "/2010-04-01/Accounts/"
        }
    }

    var suffix: String {
        switch self {
        case .signalWire: ""
        case .twilio: ".json"
        }
    }
}
