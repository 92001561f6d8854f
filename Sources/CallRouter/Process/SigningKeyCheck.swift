import Foundation

/// Looks at the key that checks the carrier's signatures.
///
/// No API says whether it is the right one: that only a signed request can show. What it cannot be is told here.
enum SigningKeyCheck {
    private static let subject = "SIGNALWIRE_SIGNING_KEY"
    private static let whereItIs = "SignalWire's dashboard has it under API, Signing Key; it begins with PSK_"

    /// nil where no signature is checked; the configuration tells of that.
    static func finding(_ configuration: RouterConfiguration) -> Finding? {
        guard let key = configuration.webhooks.signingKey?.value else { return nil }
        switch configuration.carrier {
        case .signalWire(_, let token, _, _): return Self.signalWire(key, token: token.value)
        case .twilio(_, let token, _, _): return Self.twilio(key, token: token.value)
        case nil:
            // Either carrier may be meant.
            return Self.isTwilioToken(key)
                ? .ok(
                    Self.subject,
                    "it has the form of Twilio's auth token; a signed request will show if it is the right one"
                )
                : Self.signalWire(key, token: nil)
        }
    }

    private static func signalWire(_ key: String, token: String?) -> Finding {
        if key == token {
            return .failed(
                Self.subject,
                "it is the API token, and that signs nothing: every request of SignalWire would be refused with 403. "
                    + "\(Self.whereItIs)."
            )
        }
        if key.hasPrefix("PT") {
            return .warning(
                Self.subject,
                "it looks like an API token (PT…): requests of SignalWire would be refused with 403. \(Self.whereItIs)."
            )
        }
        guard key.hasPrefix("PSK_") else {
            return .warning(
                Self.subject,
                "it does not begin with PSK_ as SignalWire's signing keys do. If requests are refused with 403, copy it "
                    + "again. \(Self.whereItIs)."
            )
        }
        return .ok(Self.subject, "it has the form of a signing key; a signed request will show if it is the right one")
    }

    private static func twilio(_ key: String, token: String) -> Finding {
        guard key == token else {
            return .warning(
                Self.subject,
                "it is not TWILIO_AUTH_TOKEN, and Twilio signs with the auth token: its requests would be refused with "
                    + "403. Remove SIGNALWIRE_SIGNING_KEY."
            )
        }
        guard Self.isTwilioToken(key) else {
            return .warning(
                "TWILIO_AUTH_TOKEN",
                "it is not of 32 hexadecimal digits as Twilio's auth tokens are, and it checks the signatures, too. Copy "
                    + "the primary auth token from the console."
            )
        }
        return .ok("TWILIO_AUTH_TOKEN", "it checks the signatures, too: Twilio signs with the account's auth token")
    }

    private static func isTwilioToken(_ key: String) -> Bool {
        key.utf8.count == 32 && key.allSatisfy { $0.isHexDigit && !$0.isUppercase }
    }
}
