import Foundation
import Logging
import Wire

/// Calls that the last process left.
extension CallRegistry {
    /// At start: calls that the last process left wait for a stream; without one they end as `crashed`.
    package func recover() async {
        let left: [CallRecord]
        do throws(StoreError) { left = try await self.ports.store.liveCalls() } catch {
            self.logger.error("\(error)", error: error)
            self.ports.metrics.error(.store)
            return
        }
        var count = 0
        for record in left {
            // The dialler finds out what became of a call that the carrier was asked to place.
            if record.direction == .outbound, record.startedAt == nil, record.dialledAt != nil { continue }
            let past = await self.past(of: record.callID) ?? CallPast()
            // Its stream may have come back meanwhile.
            guard self.live[record.callID] == nil else { continue }
            if let end = past.end {
                await self.finish(record, past, end)
                continue
            }
            count += 1
            if record.startedAt == nil {
                self.expect(callID: record.callID, reason: .crashed)
            } else if self.begin(record, past: past, waitReason: .crashed, on: self.nextLoop()) == nil {
                await self.complete(record, .crashed, past: past)
            }
        }
        guard count > 0 else { return }
        self.logger.notice(
            "calls of the last process wait for their streams",
            metadata: ["calls": "\(count)", "seconds": "\(self.settings.resumeWithin.components.seconds)"]
        )
    }

    /// Completes a call whose end is in the journal and not in the record: the process died between the two.
    private func finish(_ record: CallRecord, _ past: CallPast, _ end: CallPast.End) async {
        await self.ports.ended(
            CallEnd(
                callID: record.callID,
                reason: end.reason,
                startedAt: record.startedAt,
                endedAt: end.at,
                transcript: past.turns.isEmpty ? record.transcript : past.turns.map(\.line),
                usage: record.usage,
                modelWasReady: past.modelWasReady,
                isRecorded: past.hadStream && self.ports.recorder != nil,
                errorMessage: end.errorMessage,
                direction: record.direction,
                farParty: record.farParty
            )
        )
    }
}
