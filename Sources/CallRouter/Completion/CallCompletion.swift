import CallActors
import Foundation
import Logging

/// Stores the one end of a call, and sees that its summary is written where one is owed.
package struct CallCompletion: Sendable {
    private let store: any CallStore
    private let metrics: any CallMetering
    private let worker: SummaryWorker
    private let publicURL: PublicURL?
    private let price: @Sendable (CallUsage, CallRecord.Direction) -> Double?
    private let optOut: @Sendable (String) async -> Bool
    private let logger: Logger

    /// Waits between attempts to store an end; after the last one the journal tells the next start.
    private static let waits: [Duration] = [
        .milliseconds(100), .milliseconds(500), .seconds(2), .seconds(5), .seconds(10),
    ]

    /// - Parameters:
    ///   - store: The system of record.
    ///   - metrics: Counts ends, outcomes and costs.
    ///   - worker: Writes the summaries that are owed.
    ///   - publicURL: Where recordings are fetched from.
    ///   - price: What a call has cost by its use, in USD; nil where that is not known.
    ///   - optOut: Writes down a number that must not be called; false where that is not possible now.
    ///   - logger: Told of ends that cannot be stored.
    package init(
        store: any CallStore,
        metrics: any CallMetering,
        worker: SummaryWorker,
        publicURL: PublicURL?,
        price: @escaping @Sendable (CallUsage, CallRecord.Direction) -> Double? = { _, _ in nil },
        optOut: @escaping @Sendable (String) async -> Bool = { _ in true },
        logger: Logger
    ) {
        self.store = store
        self.metrics = metrics
        self.worker = worker
        self.publicURL = publicURL
        self.price = price
        self.optOut = optOut
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
        var usage = end.usage
        usage.carrierSeconds = Int(duration.rounded(.up))
        change.usage = usage
        change.costUSD = self.price(usage, end.direction)
        if end.isRecorded {
            let path = "/v1/calls/\(end.callID)/recording.wav"
            change.recordingURL = self.publicURL?.web(path) ?? path
        }
        // Usually written during the call; a call that was cut short there still keeps its promise.
        if end.reason == .optedOut, let number = end.farParty { _ = await self.optOut(number) }
        guard await self.write(change, of: end.callID) else { return }
        if let cost = change.costUSD { self.metrics.cost(usd: cost) }
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
                self.logger.error("\(error)", error: error, metadata: ["call_id": "\(callID)"])
            }
            // A cancelled wait only means that there is no time left: the next attempt comes at once.
            try? await Task.sleep(for: wait)
        }
        return false
    }
}
