import Foundation
import Logging

/// What a carrier account makes possible in a call: handing it on, and knowing who answered.
extension CallSession {
    /// The carrier says that the call is over.
    package func carrierEnded(_ reason: EndReason, errorMessage: String?) {
        self.end(reason, errorMessage: errorMessage)
    }

    /// Speaks a text after the response now playing; false where the call cannot.
    package func say(_ text: String) -> Bool { false }

    /// Hands the call on; false where it cannot be.
    package func transfer(to number: String) -> Bool { false }

    /// The number that the call is being handed to.
    package var transferTarget: String? { nil }

    package func transferEnded(answered: Bool) {}
}
