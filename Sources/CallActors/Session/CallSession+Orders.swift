import Foundation
import Wire

/// What the registry orders of a call.
extension CallSession {
    /// Ends a live call for the operator.
    package func hangUp() { self.end(.operatorHangup) }

    /// The carrier offers something that we cannot carry.
    package func fail(carrier errorMessage: String) { self.end(.carrierFailed, errorMessage: errorMessage) }

    /// Ends the call at once, without a goodbye.
    package func endNow(_ reason: EndReason) {
        self.optOutPending = false
        self.end(self.transferTarget == nil ? reason : .transferred)
        self.finish()
    }

    /// The model says goodbye, then the call ends for `reason`; at once where there is nobody to say it.
    package func reachLimit(_ reason: EndReason) {
        guard self.isLive else { return }
        // Two people talk: only our part of the call is over.
        guard self.transferTarget == nil else { return self.end(.transferred) }
        guard self.isModelConfigured, self.carrier != nil else { return self.end(reason) }
        if self.conversation.isLeavingMessage { return self.tell(.limit(reason, cuts: [])) }
        guard self.conversation.acceptsLimit else { return }
        self.tell(.limit(reason, cuts: self.clearPlayout(readAt: nil)))
    }
}
