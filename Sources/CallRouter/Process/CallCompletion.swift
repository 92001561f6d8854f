import CallActors
import Foundation
import Logging

/// Writes the end of a call into its record, and sees to what follows from it.
struct CallCompletion: Sendable {
    let store: any CallStore
    let metering: any CallMetering
    /// Where recordings can be fetched; nil makes their address a path on this router.
    let publicURL: PublicURL?
    let logger: Logger
    /// Takes calls whose outcome a summary will tell.
    let summaryOwed: @Sendable (_ callID: String) -> Void

    /// Stores `end`, again and again where the store is down, until it is in or the task is cancelled.
    func complete(_ end: CallEnd) async {
        let facts = OutcomeRule.Facts(
            endReason: end.reason,
            modelWasReady: end.modelWasReady,
            transcript: end.transcript
        )
        let decision = OutcomeRule.decide(facts)
        guard await self.store(self.change(end, decision), of: end.callID) else { return }
        let duration = end.startedAt.map { max(0, end.endedAt.timeIntervalSince($0)) } ?? 0
        self.metering.callEnded(duration: .seconds(duration))
        switch decision {
        case .final(_, let outcome): self.metering.outcome(outcome)
        case .summaryNeeded: self.summaryOwed(end.callID)
        }
    }

    private func change(_ end: CallEnd, _ decision: OutcomeRule.Decision) -> CallChange {
        var change = CallChange()
        change.status = decision.status
        change.outcome = decision.outcome
        change.endReason = end.reason
        change.startedAt = end.startedAt
        change.endedAt = end.endedAt
        change.durationSeconds = end.startedAt.map { Int(max(0, end.endedAt.timeIntervalSince($0)).rounded()) }
        change.transcript = end.transcript
        change.usage = end.usage
        change.errorMessage = end.errorMessage
        if end.isRecorded {
            let path = "/v1/calls/\(end.callID)/recording.wav"
            change.recordingURL = self.publicURL?.web(path) ?? path
        }
        return change
    }

    private func store(_ change: CallChange, of callID: String) async -> Bool {
        var wait = Duration.milliseconds(100)
        while true {
            do throws(StoreError) {
                return try await self.store.update(callID: callID, change) != nil
            } catch {
                self.logger.error("The end of a call could not be stored. \(error)", metadata: ["call_id": "\(callID)"])
                // What is refused for good is not tried again; the journal keeps the end for the next start.
                guard case .unavailable = error else { return false }
            }
            do { try await Task.sleep(for: wait) } catch { return false }
            wait = min(wait * 2, .seconds(5))
        }
    }
}
