import Foundation
import Logging
import Wire

/// Running calls to their end, through restarts of their sessions.
extension CallRegistry {
    /// Supervises all calls until ``shutdown()``, then until the last of them is stored.
    package func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.reapExpected() }
            await withDiscardingTaskGroup { calls in
                for await session in self.spawned {
                    calls.addTask { await self.supervise(session) }
                }
            }
            // Only the reaper is cut off; calls have been stored by now.
            group.cancelAll()
        }
    }

    /// Takes no further call; ``run()`` returns when the last one is stored.
    package func shutdown() {
        self.isShutDown = true
        self.spawn.finish()
    }

    /// Runs one call to its end, through restarts of its session, and stores the end.
    ///
    /// Its frame lasts as long as the call, so it holds as little as may be.
    private func supervise(_ first: CallSession) async {
        var session: CallSession? = first
        while let running = session {
            await running.carry()
            session = await self.successor(of: running)
        }
        self.forget(first.callID)
    }

    /// Not a part of `supervise`, for its frame's sake.
    @inline(never)
    private func forget(_ callID: String) {
        self.live[callID] = nil
        self.recount(callID)
    }

    /// Stores the end of a call whose session ended well; starts the next session of one whose session failed.
    ///
    /// Not a part of `supervise`: what is needed here would lie in the frame of that task for as long as the call lasts.
    @inline(never)
    private func successor(of session: CallSession) async -> CallSession? {
        switch await session.conclusion {
        case .ended(let end):
            await self.ports.ended(end)
            return nil
        case .failed(let failure, let link, let format):
            self.logger.error("\(failure)", error: failure, metadata: ["call_id": "\(session.callID)"])
            return await self.restart(session, after: failure, link: link, format: format)
        }
    }

    /// Starts the next session of a call from its journal, and gives it the stream; nil where the call is lost.
    private func restart(
        _ session: CallSession,
        after failure: CallSessionFailure,
        link: (any CarrierLink)?,
        format: AudioFormat?
    ) async -> CallSession? {
        let callID = session.callID
        let restarts = (self.live[callID]?.restarts ?? 0) + 1
        self.live[callID]?.restarts = restarts
        let stored = await self.load(callID)
        let past: CallPast
        if let journalled = await self.past(of: callID) { past = journalled } else { past = await session.past }
        let record = stored ?? session.record
        guard self.closing != .now, restarts <= self.settings.restartLimit else {
            let isDrained = self.closing == .now
            if !isDrained {
                self.logger.error(
                    "A call is given up: its session failed again after every restart that it may have.",
                    metadata: ["call_id": "\(callID)", "restarts": "\(self.settings.restartLimit)"]
                )
            }
            let (code, reason): (UInt16, String) = isDrained ? (1001, "draining") : (1000, "call over")
            link?.close(code: code, reason: reason)
            await self.complete(record, isDrained ? .drained : .crashed, past: past, errorMessage: "\(failure)")
            self.live[callID]?.waiting?.link.close(code: code, reason: reason)
            return nil
        }
        self.ports.metrics.restarted(.session)
        self.ports.store.append(JournalEntry(at: Date(), event: .restarted(count: restarts)), to: callID)
        let next = self.makeSession(record, past: past, on: session.loop)
        // From here on streams come to the next session; one that came before is newer than that of the failed one.
        let waiting = self.live[callID]?.waiting
        self.live[callID]?.session = next
        self.live[callID]?.waiting = nil
        if let link, let format { await next.attach(link, format: format, callSID: record.callSID) }
        if let waiting { await next.attach(waiting.link, format: waiting.format, callSID: waiting.callSID) }
        // A drain that came to its deadline meanwhile has passed over this call.
        switch self.closing {
        case nil: break
        case .goodbye: await next.reachLimit(.drained)
        case .now: await next.endNow(.drained)
        }
        return next
    }

    /// Ends calls whose first stream never came.
    private func reapExpected() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            let now = ContinuousClock.now
            for (callID, waiting) in self.expected where waiting.deadline <= now {
                self.expected[callID] = nil
                self.recount(callID)
                guard let record = await self.load(callID), !record.status.isTerminal, self.live[callID] == nil else {
                    continue
                }
                if waiting.reason == .streamLost { self.ports.metrics.reaped(.streamLost) }
                await self.complete(record, waiting.reason)
            }
        }
    }

    /// Stores the end of a call that no session ends.
    func complete(
        _ record: CallRecord,
        _ reason: EndReason,
        past: CallPast = CallPast(),
        errorMessage: String? = nil
    ) async {
        let now = Date()
        self.ports.store.append(
            JournalEntry(at: now, event: .ended(reason, errorMessage: errorMessage)),
            to: record.callID
        )
        self.ports.observer?.observe(.ended(reason), callID: record.callID, at: now)
        await self.ports.ended(
            CallEnd(
                callID: record.callID,
                reason: reason,
                startedAt: record.startedAt,
                endedAt: now,
                transcript: past.turns.isEmpty ? record.transcript : past.turns.map(\.line),
                usage: record.usage,
                modelWasReady: past.modelWasReady,
                isRecorded: past.hadStream && self.ports.recorder != nil,
                errorMessage: errorMessage,
                direction: record.direction,
                farParty: record.farParty
            )
        )
    }

    // MARK: - The store

    func load(_ callID: String) async -> CallRecord? {
        do throws(StoreError) { return try await self.ports.store.call(id: callID) } catch {
            self.report(error, callID)
            return nil
        }
    }

    /// What the journal of a call holds; nil where it cannot be read now.
    func past(of callID: String) async -> CallPast? {
        do throws(StoreError) { return CallPast(journal: try await self.ports.store.journal(of: callID)) } catch {
            self.report(error, callID)
            return nil
        }
    }

    func store(_ change: CallChange, of callID: String) async {
        do throws(StoreError) { try await self.ports.store.update(callID: callID, change) } catch {
            self.report(error, callID)
        }
    }

    private func report(_ error: StoreError, _ callID: String) {
        self.logger.error("\(error)", error: error, metadata: ["call_id": "\(callID)"])
        self.ports.metrics.error(.store)
    }
}
