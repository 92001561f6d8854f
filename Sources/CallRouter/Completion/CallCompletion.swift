import CallActors
import Foundation
import Logging

/// Stores the one end of a call, and sees that its summary is written where one is owed.
package struct CallCompletion: Sendable {
    private let store: any CallStore
    private let metrics: any CallMetering
    private let worker: SummaryWorker
    private let publicURL: PublicURL?
    private let logger: Logger

    /// Waits between attempts to store an end; after the last one the journal tells the next start.
    private static let waits: [Duration] = [
        .milliseconds(100), .milliseconds(500), .seconds(2), .seconds(5), .seconds(10),
    ]

    package init(
        store: any CallStore,
        metrics: any CallMetering,
        worker: SummaryWorker,
        publicURL: PublicURL?,
        logger: Logger
    ) {
        self.store = store
        self.metrics = metrics
        self.worker = worker
        self.publicURL = publicURL
        self.logger = logger
    }

    /// Writes the record of a call that is over.
    package func complete(_ end: CallEnd) async {
        let facts = OutcomeRule.Facts(
            endReason: end.reason,
            modelWasReady: end.modelWasReady,
            transcript: end.transcript
        )
        let decision = OutcomeRule.decide(facts)
        let duration = end.startedAt.map { max(0, end.endedAt.timeIntervalSince($0)) } ?? 0
        var change = CallChange()
        change.status = decision.status
        change.outcome = decision.outcome
        change.endReason = end.reason
        change.startedAt = end.startedAt
        change.endedAt = end.endedAt
        change.durationSeconds = Int(duration.rounded())
        change.transcript = end.transcript
        change.errorMessage = end.errorMessage
        change.usage = end.usage
        change.usage?.carrierSeconds = Int(duration.rounded(.up))
        if end.isRecorded {
            let path = "/v1/calls/\(end.callID)/recording.wav"
            change.recordingURL = self.publicURL?.web(path) ?? path
        }
        guard await self.write(change, of: end.callID) else { return }
        self.metrics.callEnded(duration: .seconds(duration))
        if let outcome = decision.outcome { self.metrics.outcome(outcome) }
        if decision == .summaryNeeded { self.worker.enqueue(end.callID) }
    }

    private func write(_ change: CallChange, of callID: String) async -> Bool {
        for wait in Self.waits + [.zero] {
            do throws(StoreError) {
                try await self.store.update(callID: callID, change)
                return true
            } catch {
                self.logger.error("\(error)", metadata: ["call_id": "\(callID)"])
            }
            // A cancelled wait only means that there is no time left: the next attempt comes at once.
            try? await Task.sleep(for: wait)
        }
        return false
    }
}
