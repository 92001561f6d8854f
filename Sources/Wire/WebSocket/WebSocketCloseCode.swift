/// The close codes that we send by ourselves, and the rule which codes may travel at all (RFC 6455 §7.4).
package enum WebSocketCloseCode {
    /// The purpose of the connection is fulfilled.
    package static let normal: UInt16 = 1000
    /// An endpoint goes away: a server shuts down, a client leaves.
    package static let goingAway: UInt16 = 1001
    /// The peer broke the framing rules.
    package static let protocolError: UInt16 = 1002
    /// Data of a kind that we cannot take.
    package static let unsupportedData: UInt16 = 1003
    /// Text that is no UTF-8.
    package static let invalidPayload: UInt16 = 1007
    /// Refused by a rule of ours.
    package static let policyViolation: UInt16 = 1008
    /// A message above our limit.
    package static let messageTooBig: UInt16 = 1009
    /// We failed.
    package static let internalError: UInt16 = 1011

    /// Whether `code` may stand in a close frame.
    ///
    /// 1004 has no meaning yet; 1005, 1006 and 1015 are for local use only; 1016–2999 are not assigned, below 1000 nothing
    /// is, and from 5000 on neither. 1012–1014 are in IANA's registry.
    package static func isSendable(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }
}
