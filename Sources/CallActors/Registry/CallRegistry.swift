import Foundation
import Logging
import Synchronization
import Wire

/// All calls of this process, and their supervisor.
///
/// It admits calls, runs each as a child of one discarding task group (so that a failed call takes no neighbour along),
/// restarts failed sessions within a budget, reaps calls that nobody comes for, and drains. What it knows of a call that
/// is over is nothing: the entry goes with it.
package actor CallRegistry {
    struct Entry {
        var session: CallSession
        var restarts = 0
    }

    /// What becomes of a stream that asks for a call.
    package enum Admission: Sendable, Equatable {
        case attached
        case refused(RejectReason)
    }

    let settings: CallSettings
    let ports: CallPorts
    let logger: Logger
    private let nextLoop: @Sendable () -> CallLoop
    var live: [String: Entry] = [:]
    /// Calls that are known and whose first stream has not come: when to stop waiting, and the end they get then.
    private var expected: [String: (deadline: ContinuousClock.Instant, reason: EndReason)] = [:]
    private let spawned: AsyncStream<CallSession>
    private let spawn: AsyncStream<CallSession>.Continuation
    private var whenEmpty: [CheckedContinuation<Void, Never>] = []
    /// The identifiers of ``live``, for questions that cannot wait for the actor.
    private nonisolated let liveIDs = Mutex<Set<String>>([])
    private nonisolated let draining = Atomic<Bool>(false)

    /// - Parameter nextLoop: Chooses the loop of a call that has no socket yet.
    package init(
        settings: CallSettings,
        ports: CallPorts,
        nextLoop: @escaping @Sendable () -> CallLoop,
        logger: Logger
    ) {
        self.settings = settings
        self.ports = ports
        self.nextLoop = nextLoop
        self.logger = logger
        // A spawn that waits is a call that is admitted: the bound is the admission limit, with room for recovered ones.
        (self.spawned, self.spawn) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(settings.maxCalls * 4 + 64))
    }

    package nonisolated var activeCallCount: Int { self.liveIDs.withLock { $0.count } }
    package nonisolated var isDraining: Bool { self.draining.load(ordering: .relaxed) }
    package nonisolated var hasCapacity: Bool { self.activeCallCount < self.settings.maxCalls }

    package nonisolated func isLive(callID: String) -> Bool { self.liveIDs.withLock { $0.contains(callID) } }

    package func session(of callID: String) -> CallSession? { self.live[callID]?.session }

    /// Supervises all calls until ``shutdown()``, then until the last of them is stored.
    package func run() async {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.reapExpected() }
            for await session in self.spawned {
                group.addTask { await self.supervise(session) }
            }
            group.cancelAll()
        }
    }

    /// Takes no further call; ``run()`` returns when the last one is stored.
    package func shutdown() { self.spawn.finish() }

    // MARK: - Streams

    /// Gives a stream to its call: the live session, or a new one.
    ///
    /// - Parameter loop: Of the stream's socket; a new session moves in there.
    package func admit(
        _ record: CallRecord,
        link: any CarrierLink,
        format: AudioFormat,
        callSID: String?,
        on loop: CallLoop
    ) async -> Admission {
        if let entry = self.live[record.callID] {
            await entry.session.attach(link, format: format, callSID: callSID)
            return .attached
        }
        guard !record.status.isTerminal else { return .refused(.unknownCall) }
        // A call that was sent to the carrier before the drain is a live one.
        let wasDialled = record.direction == .outbound && record.status != .queued
        guard !self.isDraining || wasDialled else { return .refused(.draining) }
        guard self.hasCapacity else { return .refused(.atCapacity) }
        let session = self.begin(record, on: loop)
        await session.attach(link, format: format, callSID: callSID)
        var change = CallChange()
        change.status = .inProgress
        change.startedAt = record.startedAt ?? Date()
        change.callSID = record.callSID == nil ? callSID : nil
        await self.store(change, of: record.callID)
        return .attached
    }

    /// A call is known whose first stream is on its way; if it does not come, the call ends for `reason`.
    package func expect(callID: String, reason: EndReason = .streamLost) {
        self.expected[callID] = (.now + self.settings.resumeWithin, reason)
    }

    /// Ends a call whose stream cannot be carried: `carrier_failed`, also where no session runs yet.
    package func fail(_ record: CallRecord, errorMessage: String) async {
        if let session = self.live[record.callID]?.session { return await session.fail(carrier: errorMessage) }
        guard !record.status.isTerminal else { return }
        self.expected[record.callID] = nil
        self.ports.metrics.error(.carrier)
        await self.ports.ended(
            CallEnd(
                callID: record.callID,
                reason: .carrierFailed,
                startedAt: record.startedAt,
                endedAt: Date(),
                transcript: record.transcript,
                usage: record.usage,
                modelWasReady: false,
                isRecorded: false,
                errorMessage: errorMessage
            )
        )
    }

    /// Ends a live call for the operator; false where it is not live.
    package func hangUp(callID: String) async -> Bool {
        guard let session = self.live[callID]?.session else { return false }
        await session.hangUp()
        return true
    }

    private func begin(
        _ record: CallRecord,
        turns: [(itemID: String, order: Double, line: TranscriptLine)] = [],
        waitReason: EndReason = .streamLost,
        on loop: CallLoop
    ) -> CallSession {
        var logger = self.logger
        logger[metadataKey: "call_id"] = "\(record.callID)"
        let session = CallSession(
            record: record,
            turns: turns,
            waitReason: waitReason,
            settings: self.settings,
            ports: self.ports,
            loop: loop,
            logger: logger
        )
        self.expected[record.callID] = nil
        self.live[record.callID] = Entry(session: session)
        self.recount()
        self.spawn.yield(session)
        return session
    }

    // MARK: - Supervision

    /// Runs one call to its end, through restarts of its session, and stores the end.
    private func supervise(_ first: CallSession) async {
        let callID = first.callID
        var session = first
        var end: CallEnd?
        while end == nil {
            switch await session.run() {
            case .ended(let ended): end = ended
            case .failed(let failure, let link, let format):
                self.logger.error("\(failure)", metadata: ["call_id": "\(callID)"])
                let next = await self.restart(session, after: failure, link: link, format: format)
                switch next {
                case .success(let restarted): session = restarted
                case .failure(let lost):
                    link?.close(code: 1000, reason: "call over")
                    end = lost.end
                }
            }
        }
        if let end { await self.ports.ended(end) }
        self.live[callID] = nil
        self.recount()
    }

    private struct LostCall: Error { var end: CallEnd }

    /// Starts the next session of a call from its journal, and gives it the stream.
    private func restart(
        _ session: CallSession,
        after failure: CallSessionFailure,
        link: (any CarrierLink)?,
        format: AudioFormat?
    ) async -> Result<CallSession, LostCall> {
        let callID = session.callID
        let restarts = (self.live[callID]?.restarts ?? 0) + 1
        self.live[callID]?.restarts = restarts
        let record = await self.load(callID)
        let turns = await self.turns(of: callID)
        guard restarts <= self.settings.restartLimit, let record else {
            let end = CallEnd(
                callID: callID,
                reason: .crashed,
                startedAt: record?.startedAt,
                endedAt: Date(),
                transcript: record?.transcript ?? turns.map(\.line),
                usage: record?.usage ?? CallUsage(),
                modelWasReady: true,
                isRecorded: false,
                errorMessage: "\(failure)"
            )
            return .failure(LostCall(end: end))
        }
        self.ports.metrics.restarted(.session)
        self.ports.store.append(JournalEntry(at: Date(), event: .restarted(count: restarts)), to: callID)
        let next = CallSession(
            record: record,
            turns: turns,
            settings: self.settings,
            ports: self.ports,
            loop: session.loop,
            logger: session.logger
        )
        self.live[callID]?.session = next
        if let link, let format { await next.attach(link, format: format, callSID: record.callSID) }
        return .success(next)
    }

    // MARK: - Recovery

    /// At start: calls that the last process left wait for a stream; without one they end as `crashed`.
    package func recover() async {
        let left: [CallRecord]
        do throws(StoreError) { left = try await self.ports.store.liveCalls() } catch {
            self.logger.error("\(error)")
            return
        }
        for record in left where self.live[record.callID] == nil {
            if await self.finish(record) { continue }
            let turns = await self.turns(of: record.callID)
            if record.startedAt == nil {
                self.expect(callID: record.callID, reason: .crashed)
            } else {
                _ = self.begin(record, turns: turns, waitReason: .crashed, on: self.nextLoop())
            }
        }
        guard !left.isEmpty else { return }
        self.logger.notice(
            "calls of the last process wait for their streams",
            metadata: ["calls": "\(left.count)", "seconds": "\(self.settings.resumeWithin.components.seconds)"]
        )
    }

    /// Completes a call whose end is in the journal and not in the record: the process died between the two.
    private func finish(_ record: CallRecord) async -> Bool {
        do throws(StoreError) {
            let journal = try await self.ports.store.journal(of: record.callID)
            for entry in journal {
                guard case .ended(let reason, let errorMessage) = entry.event else { continue }
                await self.ports.ended(
                    CallEnd(
                        callID: record.callID,
                        reason: reason,
                        startedAt: record.startedAt,
                        endedAt: entry.at,
                        transcript: record.transcript,
                        usage: record.usage,
                        modelWasReady: journal.contains { $0.event == .modelReady },
                        isRecorded: record.recordingURL != nil,
                        errorMessage: errorMessage
                    )
                )
                return true
            }
            return false
        } catch {
            self.logger.error("\(error)", metadata: ["call_id": "\(record.callID)"])
            return false
        }
    }

    /// Ends calls whose first stream never came.
    private func reapExpected() async {
        while !Task.isCancelled {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            let now = ContinuousClock.now
            for (callID, waiting) in self.expected where waiting.deadline <= now {
                self.expected[callID] = nil
                guard let record = await self.load(callID), !record.status.isTerminal, self.live[callID] == nil else {
                    continue
                }
                self.ports.metrics.reaped(.streamLost)
                await self.ports.ended(
                    CallEnd(
                        callID: callID,
                        reason: waiting.reason,
                        startedAt: nil,
                        endedAt: Date(),
                        transcript: [],
                        usage: record.usage,
                        modelWasReady: false,
                        isRecorded: false,
                        errorMessage: nil
                    )
                )
            }
        }
    }

    private func load(_ callID: String) async -> CallRecord? {
        do throws(StoreError) { return try await self.ports.store.call(id: callID) } catch {
            self.logger.error("\(error)", metadata: ["call_id": "\(callID)"])
            self.ports.metrics.error(.store)
            return nil
        }
    }

    private func turns(of callID: String) async -> [(itemID: String, order: Double, line: TranscriptLine)] {
        do throws(StoreError) {
            var turns: [String: (itemID: String, order: Double, line: TranscriptLine)] = [:]
            for entry in try await self.ports.store.journal(of: callID) {
                switch entry.event {
                case .turn(let itemID, let order, let line): turns[itemID] = (itemID, order, line)
                case .turnRemoved(let itemID): turns[itemID] = nil
                default: break
                }
            }
            return turns.values.sorted { $0.order < $1.order }
        } catch {
            self.logger.error("\(error)", metadata: ["call_id": "\(callID)"])
            self.ports.metrics.error(.store)
            return []
        }
    }

    private func store(_ change: CallChange, of callID: String) async {
        do throws(StoreError) { try await self.ports.store.update(callID: callID, change) } catch {
            self.logger.error("\(error)", metadata: ["call_id": "\(callID)"])
            self.ports.metrics.error(.store)
        }
    }

    // MARK: - Drain

    /// Refuses new calls and waits until no live one is left. At the deadline the model says goodbye in those that are;
    /// without one it waits for their own end. ``undrain()`` ends the wait.
    package func drain(deadline: Duration?) async {
        self.draining.store(true, ordering: .relaxed)
        guard let deadline else { return await self.waitUntilEmpty() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.waitUntilEmpty() }
            group.addTask {
                do { try await Task.sleep(for: deadline) } catch { return }
                await self.sayGoodbye()
                await self.waitUntilEmpty()
            }
            await group.next()
            group.cancelAll()
        }
    }

    /// Takes calls again.
    package func undrain() {
        self.draining.store(false, ordering: .relaxed)
        self.resumeWaiters()
    }

    /// Ends every live call at once, without a goodbye.
    package func endAllNow() async {
        self.draining.store(true, ordering: .relaxed)
        for entry in self.live.values { await entry.session.endNow(.drained) }
    }

    private func sayGoodbye() async {
        for entry in self.live.values { await entry.session.reachLimit(.drained) }
    }

    private func waitUntilEmpty() async {
        guard !self.live.isEmpty else { return }
        await withCheckedContinuation { self.whenEmpty.append($0) }
    }

    private func resumeWaiters() {
        let waiters = self.whenEmpty
        self.whenEmpty = []
        for waiter in waiters { waiter.resume() }
    }

    private func recount() {
        let identifiers = Set(self.live.keys)
        self.liveIDs.withLock { $0 = identifiers }
        self.ports.metrics.activeCalls(self.live.count)
        if self.live.isEmpty { self.resumeWaiters() }
    }
}
