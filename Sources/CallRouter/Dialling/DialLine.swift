import CallActors
import Foundation

/// The carrier account that calls are placed with, and the addresses that it is given.
package struct DialLine: Sendable {
    package let carrier: any CarrierControl
    /// The own number, in E.164.
    package let number: String
    private let publicURL: PublicURL
    private let fallbackURL: String

    /// - Parameters:
    ///   - carrier: Places the calls.
    ///   - number: The own number, in E.164.
    ///   - publicURL: How the carrier reaches this router.
    ///   - fallbackURL: `CARRIER_FALLBACK_URL`; nil for this router's own.
    package init(carrier: any CarrierControl, number: String, publicURL: PublicURL, fallbackURL: WebAddress?) {
        self.carrier = carrier
        self.number = number
        self.publicURL = publicURL
        self.fallbackURL = fallbackURL?.string ?? publicURL.web("/laml/fallback")
    }

    /// What the carrier is told of a call.
    func order(callID: String, to number: String, ringTime: Duration) -> OutboundCall {
        let name = callID.addingPercentEncoding(withAllowedCharacters: Self.plain) ?? ""
        return OutboundCall(
            callID: callID,
            to: number,
            from: self.number,
            url: self.publicURL.web("/laml/call/\(name)"),
            fallbackURL: self.fallbackURL,
            statusCallback: self.publicURL.web("/webhooks/signalwire/status?callId=\(name)"),
            amdCallback: self.publicURL.web("/webhooks/signalwire/amd?callId=\(name)"),
            ringTime: ringTime
        )
    }

    /// As the routes of the documents encode identifiers.
    private static let plain = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    )
}
