/// The account with which calls are placed, transferred and hung up.
package enum CarrierAccount: Sendable, Equatable {
    case signalWire(projectID: String, apiToken: Secret, space: WebAddress, number: String)
    case twilio(accountSID: String, authToken: Secret, baseURL: WebAddress, number: String)

    /// The own number, in E.164.
    package var number: String {
        switch self {
        case .signalWire(_, _, _, let number), .twilio(_, _, _, let number): number
        }
    }
}
