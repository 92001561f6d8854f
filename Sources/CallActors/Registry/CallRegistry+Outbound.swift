import Foundation
import Logging

/// Calls that the carrier was asked to place, before and beside their sessions.
extension CallRegistry {
    /// A call was sent to the carrier: it counts as one until its end, and a drain waits for it.
    package func dialled(callID: String, patience: Duration) {
        guard self.live[callID] == nil else { return }
        self.expected[callID] = Expectation(deadline: .now + patience, reason: .streamLost, isDialled: true)
        self.recount(callID)
    }

    /// A dialled call was answered: its stream is due within `RESUME_SECONDS`.
    package func answered(callID: String) {
        guard let waiting = self.expected[callID], waiting.isDialled else { return }
        let deadline = ContinuousClock.now + self.settings.resumeWithin
        self.expected[callID]?.deadline = min(waiting.deadline, deadline)
    }

    /// A dialled call is off the carrier's line and not over: it waits for another attempt.
    package func withdrawn(callID: String) {
        self.expected[callID] = nil
        self.recount(callID)
    }

    /// The carrier says that the call is over: ends it for `reason`, in its session or, where none runs, on record.
    package func carrierEnded(callID: String, reason: EndReason, errorMessage: String?) async {
        if let session = self.live[callID]?.session {
            return await session.carrierEnded(reason, errorMessage: errorMessage)
        }
        self.expected[callID] = nil
        self.recount(callID)
        guard let record = await self.load(callID), !record.status.isTerminal, self.live[callID] == nil else { return }
        if reason == .carrierFailed { self.ports.metrics.error(.carrier) }
        await self.complete(record, reason, past: await self.past(of: callID) ?? CallPast(), errorMessage: errorMessage)
    }

    /// Has the AI speak this text in a live call, after the response now playing; false where there is none.
    package func say(callID: String, text: String) async -> Bool {
        guard let session = self.live[callID]?.session else { return false }
        return await session.say(text)
    }

    /// Hands a live call to a number that was checked before; false where the call is not live or cannot be handed on.
    package func transfer(callID: String, to number: String) async -> Bool {
        guard let session = self.live[callID]?.session else { return false }
        return await session.transfer(to: number)
    }

    /// The number that a call is being handed to; nil where none is.
    package func transferTarget(callID: String) async -> String? {
        await self.live[callID]?.session.transferTarget
    }

    /// The dialled leg of a transfer is over: answered, the call ends `transferred`; else the AI takes it back.
    package func transferEnded(callID: String, answered: Bool) async {
        await self.live[callID]?.session.transferEnded(answered: answered)
    }

    /// The carrier's answering machine detection has a result.
    package func detected(_ answeredBy: AnsweredBy, callID: String) async {
        await self.live[callID]?.session.detected(answeredBy)
    }
}
