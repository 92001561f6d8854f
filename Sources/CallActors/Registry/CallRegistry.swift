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
        /// Came while the session had failed: for the next one.
        var waiting: Stream?
    }

    /// A stream on its way to a session.
    struct Stream {
        var link: any CarrierLink
        var format: AudioFormat
        var callSID: String?
    }

    /// How a drain ends what is left of the calls.
    enum Closing: Sendable {
        case goodbye, now
    }

    /// A call whose first stream has not come.
    struct Expectation {
        /// When to stop waiting.
        var deadline: ContinuousClock.Instant
        /// The end that the call gets then.
        var reason: EndReason
        /// The carrier was asked to place it: it is a call like a live one.
        var isDialled = false
    }

    /// What becomes of a stream that asks for a call.
    package enum Admission: Sendable, Equatable {
        case attached
        case refused(RejectReason)
    }

    let settings: CallSettings
    let ports: CallPorts
    let logger: Logger
    let nextLoop: @Sendable () -> CallLoop
    var live: [String: Entry] = [:]
    /// Calls that are known and whose first stream has not come.
    var expected: [String: Expectation] = [:]
    let spawned: AsyncStream<CallSession>
    let spawn: AsyncStream<CallSession>.Continuation
    var isShutDown = false
    /// How the calls that are still live are being ended.
    var closing: Closing?
    var whenEmpty: [CheckedContinuation<Void, Never>] = []
    /// Who is where, for questions that cannot wait for the actor.
    private struct Places {
        /// The identifiers of ``live``.
        var live: Set<String> = []
        /// Those of ``expected``; each holds a place.
        var expected: Set<String> = []
        /// Those of them that the carrier was asked to place.
        var dialled: Set<String> = []
    }

    private nonisolated let places = Mutex(Places())
    nonisolated let draining = Atomic<Bool>(false)

    /// - Parameters:
    ///   - settings: What is the same for every call.
    ///   - ports: Everything outside that calls use.
    ///   - nextLoop: Chooses the loop of a call that has no socket yet.
    ///   - logger: Gets a call's identifier where a line is about one.
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
        let bound = settings.maxCalls * 4 + 64
        (self.spawned, self.spawn) = AsyncStream.makeStream(bufferingPolicy: .bufferingOldest(bound))
    }

    package nonisolated var activeCallCount: Int { self.places.withLock { $0.live.count } }
    package nonisolated var isDraining: Bool { self.draining.load(ordering: .relaxed) }
    /// Another call would be taken; calls whose first stream is on its way have their place.
    package nonisolated var hasCapacity: Bool {
        self.places.withLock { $0.live.count + $0.expected.count } < self.settings.maxCalls
    }

    /// This call would be taken: it is live, is expected, or there is room for another one.
    package nonisolated func hasPlace(for callID: String) -> Bool {
        self.places.withLock { places in
            places.live.contains(callID) || places.expected.contains(callID)
                || places.live.count + places.expected.count < self.settings.maxCalls
        }
    }

    /// The call is live, or the carrier was asked to place it: a drain waits for it, and its streams are taken.
    package nonisolated func isUnderWay(callID: String) -> Bool {
        self.places.withLock { $0.live.contains(callID) || $0.dialled.contains(callID) }
    }

    package nonisolated func isLive(callID: String) -> Bool { self.places.withLock { $0.live.contains(callID) } }

    package func session(of callID: String) -> CallSession? { self.live[callID]?.session }

    // MARK: - Streams

    /// Gives a stream to its call: the live session, or a new one.
    ///
    /// - Parameters:
    ///   - record: The call, as the store has it now.
    ///   - link: The stream.
    ///   - format: Of the stream.
    ///   - callSID: The carrier's name for the call, where it gave one.
    ///   - loop: Of the stream's socket; a new session moves in there.
    /// - Returns: That the call has the stream, or why not; a stream that is refused is left to the asker.
    package func admit(
        _ record: CallRecord,
        link: any CarrierLink,
        format: AudioFormat,
        callSID: String?,
        on loop: CallLoop
    ) async -> Admission {
        let stream = Stream(link: link, format: format, callSID: callSID)
        if await self.attach(stream, to: record.callID) { return .attached }
        if let refusal = self.refusal(of: record) { return .refused(refusal) }
        // A call that was begun by another session, in this process or before, goes on where that one stopped.
        var past = CallPast()
        if record.startedAt != nil || !record.transcript.isEmpty {
            past = await self.past(of: record.callID) ?? past
            // Time has passed: another stream of the same call, or the last free place, may be gone.
            if await self.attach(stream, to: record.callID) { return .attached }
            if let refusal = self.refusal(of: record) { return .refused(refusal) }
        }
        guard let session = self.begin(record, past: past, on: loop) else { return .refused(.atCapacity) }
        await session.attach(link, format: format, callSID: callSID)
        var change = CallChange()
        change.status = .inProgress
        change.startedAt = record.startedAt ?? Date()
        change.callSID = record.callSID == nil ? callSID : nil
        await self.store(change, of: record.callID)
        return .attached
    }

    private func refusal(of record: CallRecord) -> RejectReason? {
        guard !record.status.isTerminal else { return .unknownCall }
        // A call that was sent to the carrier before the drain is a live one.
        let wasDialled = record.direction == .outbound && record.status != .queued
        guard !self.isShutDown, self.closing == nil, !self.isDraining || wasDialled else { return .draining }
        return self.hasPlace(for: record.callID) ? nil : .atCapacity
    }

    /// Gives the stream to the session of a live call, or to the one that will follow a failed one.
    private func attach(_ stream: Stream, to callID: String) async -> Bool {
        while let session = self.live[callID]?.session {
            if await session.attach(stream.link, format: stream.format, callSID: stream.callSID) { return true }
            // The session has failed. If its successor is not there yet, the stream waits for it.
            guard let entry = self.live[callID], entry.session === session else { continue }
            entry.waiting?.link.close(code: 1001, reason: "superseded")
            self.live[callID]?.waiting = stream
            return true
        }
        return false
    }

    /// A call is known whose first stream is on its way; if it does not come, the call ends for `reason`.
    package func expect(callID: String, reason: EndReason = .streamLost) {
        self.expected[callID] = Expectation(deadline: .now + self.settings.resumeWithin, reason: reason)
        self.recount(callID)
    }

    /// Ends a call whose stream cannot be carried: `carrier_failed`, also where no session runs yet.
    package func fail(_ record: CallRecord, errorMessage: String) async {
        if let session = self.live[record.callID]?.session { return await session.fail(carrier: errorMessage) }
        guard !record.status.isTerminal else { return }
        self.expected[record.callID] = nil
        self.recount(record.callID)
        self.ports.metrics.error(.carrier)
        await self.complete(record, .carrierFailed, errorMessage: errorMessage)
    }

    /// Ends a live call for the operator; false where it is not live.
    package func hangUp(callID: String) async -> Bool {
        guard let session = self.live[callID]?.session else { return false }
        // In a person's hands there is no stream to close: the carrier must end it.
        if await session.transferTarget != nil, let carrier = self.ports.carrier, let callSID = await session.callSID {
            do throws(CarrierError) { try await carrier.control.hangUp(callSID: callSID) } catch {
                self.logger.warning("\(error)", metadata: ["call_id": "\(callID)"])
            }
        }
        await session.hangUp()
        return true
    }

    /// Starts the first session of a call in this process; nil where none can be started any more.
    func begin(
        _ record: CallRecord,
        past: CallPast,
        waitReason: EndReason = .streamLost,
        on loop: CallLoop
    ) -> CallSession? {
        let session = self.makeSession(record, past: past, waitReason: waitReason, on: loop)
        guard case .enqueued = self.spawn.yield(session) else { return nil }
        self.expected[record.callID] = nil
        self.live[record.callID] = Entry(session: session)
        self.recount(record.callID)
        return session
    }

    func makeSession(
        _ record: CallRecord,
        past: CallPast,
        waitReason: EndReason = .streamLost,
        on loop: CallLoop
    ) -> CallSession {
        CallSession(
            record: record,
            past: past,
            waitReason: waitReason,
            settings: self.settings,
            ports: self.ports,
            loop: loop,
            logger: self.logger
        )
    }

    /// No call is live, and none is on its way from the carrier.
    var isIdle: Bool { self.live.isEmpty && !self.expected.values.contains { $0.isDialled } }

    /// Tells the rest of the process where this call is now; to be called after every change of ``live`` or ``expected``.
    func recount(_ callID: String) {
        let isLive = self.live[callID] != nil
        let expectation = self.expected[callID]
        self.places.withLock { places in
            if isLive { places.live.insert(callID) } else { places.live.remove(callID) }
            if expectation != nil { places.expected.insert(callID) } else { places.expected.remove(callID) }
            if expectation?.isDialled == true { places.dialled.insert(callID) } else { places.dialled.remove(callID) }
        }
        self.ports.metrics.activeCalls(self.live.count)
        if self.isIdle { self.resumeWaiters() }
    }
}
