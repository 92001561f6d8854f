import CallActors
import Foundation
import Logging

/// Places the calls that are due, and finds out what became of them.
///
/// What is to be dialled is in the store, so that a restart goes on where the last process stopped; this actor only
/// remembers what it is waiting for. Before a call is sent to the carrier its record says so: a call that may have been
/// sent is never sent again before it is known that it was not.
package actor Dialler {
    let store: any DialStore
    let switchboard: any CallSwitchboard
    let numbers: any NumberChecking
    /// nil: calls stay queued.
    let line: DialLine?
    let settings: DialSettings
    let metering: any CallMetering
    let isDraining: @Sendable () -> Bool
    let logger: Logger
    let clock: any Clock<Duration>
    let now: @Sendable () -> Date
    let jitter: @Sendable () -> Double

    private let dialWake = WakeSignal()
    let watchWake = WakeSignal()
    var pace: DialPace
    /// Calls between their dialling and their session, and those whose end is being written; as many as there are
    /// places for calls.
    var watches: [String: DialWatch] = [:]
    /// Calls that are due and were read; at most one batch.
    private var batch: [CallRecord] = []
    /// Calls of this batch whose end was asked for.
    private var ended: Set<String> = []
    /// Who waits for a call that somebody else is working on.
    private var turns: [String: [CheckedContinuation<Void, Never>]] = [:]

    private static let batchSize = 100

    /// A dialler that does nothing until ``run()``, except with news that it is given.
    ///
    /// - Parameters:
    ///   - store: Knows the calls.
    ///   - switchboard: Runs the calls that are answered.
    ///   - numbers: Decides whom to call, and when.
    ///   - line: The carrier's account; nil where there is none, or no `PUBLIC_URL`.
    ///   - settings: Pace, retries and waits.
    ///   - metering: Told of the carrier's failures.
    ///   - isDraining: The process takes no new calls.
    ///   - logger: Gets a call's identifier where a line is about one.
    ///   - clock: Sleeps.
    ///   - now: The wall clock; runs with `clock`.
    ///   - jitter: A random number from 0 to 1.
    package init(
        store: any DialStore,
        switchboard: any CallSwitchboard,
        numbers: any NumberChecking,
        line: DialLine?,
        settings: DialSettings,
        metering: any CallMetering,
        isDraining: @escaping @Sendable () -> Bool = { false },
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() },
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.store = store
        self.switchboard = switchboard
        self.numbers = numbers
        self.line = line
        self.settings = settings
        self.metering = metering
        self.isDraining = isDraining
        self.logger = logger
        self.clock = clock
        self.now = now
        self.jitter = jitter
        self.pace = DialPace(callsPerSecond: settings.callsPerSecond)
    }

    /// Calls can be placed: there is an account, and the carrier can reach this router.
    package nonisolated var canPlaceCalls: Bool { self.line != nil }

    /// Looks at the queue again: a call was stored, or an opt-out.
    package nonisolated func wake() { self.dialWake.signal() }

    /// Works until the task is cancelled: takes up what the last process left, dials what is due, asks about calls of
    /// which nothing is heard.
    ///
    /// While the process drains, nothing is dialled and the queue stays stored.
    package func run() async {
        await self.recover()
        await withDiscardingTaskGroup { group in
            group.addTask { await self.watch() }
            while !Task.isCancelled {
                switch await self.nextStep() {
                case .again: break
                case .place(let call, let number): group.addTask { await self.place(call, to: number) }
                case .wait(let date): await self.pause(self.dialWake, until: date)
                }
            }
        }
    }

    // MARK: - The queue

    /// What the loop does next.
    enum Step {
        case again
        /// The call is on record as sent: it must be sent now.
        case place(CallRecord, to: String)
        case wait(until: Date)
    }

    /// Gets the queue one call further.
    func nextStep() async -> Step {
        let now = self.now()
        let soon = now.addingTimeInterval(self.settings.pause / .seconds(1))
        guard self.line != nil else { return .wait(until: now.addingTimeInterval(3600)) }
        guard !self.isHeldBack, self.switchboard.hasCapacity else { return .wait(until: soon) }
        let wait = self.pace.wait(at: now)
        guard wait == .zero else { return .wait(until: now.addingTimeInterval(wait / .seconds(1))) }
        do throws(StoreError) {
            if self.batch.isEmpty {
                self.batch = try await self.store.queuedCalls(dueBy: now, limit: Self.batchSize)
                // An end that was not written keeps its call in the queue: that is no reason to run in a circle.
                let isStuck = self.batch.contains { self.ended.contains($0.callID) }
                self.ended = []
                if isStuck {
                    self.batch = []
                    return .wait(until: soon)
                }
            }
            if !self.batch.isEmpty { return try await self.consider(self.batch.removeFirst().callID) }
            // What others write into a shared store is found within a minute.
            let latest = now.addingTimeInterval(60)
            let next = try await self.store.nextDue() ?? latest
            return .wait(until: min(max(next, now.addingTimeInterval(0.05)), latest))
        } catch {
            self.batch = []
            self.report(error)
            return .wait(until: soon)
        }
    }

    /// New calls are refused now.
    var isHeldBack: Bool { self.isDraining() || self.switchboard.isDraining }

    /// Checks a call that is due once more, and writes that it is dialled now.
    private func consider(_ callID: String) async throws(StoreError) -> Step {
        await self.acquire(callID)
        defer { self.release(callID) }
        let now = self.now()
        guard let call = try await self.store.call(id: callID), call.status == .queued, call.endReason == nil,
            call.dialAt.map({ $0 <= now }) ?? true
        else { return .again }
        let number: String
        switch self.numbers.check(call.to ?? "") {
        case .allowed(let given): number = given
        case .malformed:
            let message = "The call's number is no telephone number. Give it in E.164, such as +15551234567."
            return await self.refuse(callID, .carrierFailed, message)
        case .notAllowed(let reason): return await self.refuse(callID, .carrierFailed, reason)
        }
        if try await self.store.isOptedOut(number) { return await self.refuse(callID, .optedOut, nil) }
        let opening = self.numbers.nextOpening(for: number, from: now)
        guard opening <= now else {
            try await self.store.postpone(callID: callID, to: opening)
            return .again
        }
        guard let claimed = try await self.store.claim(callID: callID, at: now) else { return .again }
        self.pace.take(at: now)
        self.watches[callID] = DialWatch(
            purpose: .placing,
            attempt: claimed.attempt,
            dialledAt: now,
            since: now,
            nextCheck: .distantFuture,
            number: number
        )
        await self.switchboard.dialled(callID: callID, patience: self.settings.patience)
        return .place(claimed, to: number)
    }

    /// Ends a call that is not to be dialled.
    private func refuse(_ callID: String, _ reason: EndReason, _ message: String?) async -> Step {
        self.ended.insert(callID)
        await self.switchboard.carrierEnded(callID: callID, reason: reason, errorMessage: message)
        return .again
    }

    // MARK: - Waiting

    /// Waits for a signal, or until `date`.
    func pause(_ signal: WakeSignal, until date: Date) async {
        let clock = self.clock
        let wait = Duration.seconds(min(max(0, date.timeIntervalSince(self.now())), 86_400))
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await signal.wait() }
            // A cancelled sleep only means that the wait is over.
            race.addTask { try? await clock.sleep(for: wait) }
            await race.next()
            race.cancelAll()
        }
    }

    /// Waits until nobody else works on this call; ``release(_:)`` must follow.
    func acquire(_ callID: String) async {
        guard self.turns[callID] != nil else {
            self.turns[callID] = []
            return
        }
        await withCheckedContinuation { self.turns[callID, default: []].append($0) }
    }

    func release(_ callID: String) {
        guard var waiting = self.turns[callID], !waiting.isEmpty else {
            self.turns[callID] = nil
            return
        }
        let next = waiting.removeFirst()
        self.turns[callID] = waiting
        next.resume()
    }

    // MARK: - Reports

    /// The store counts its failures itself.
    func report(_ error: StoreError, _ callID: String? = nil) {
        self.logger.error("\(error)", error: error, metadata: callID.map { ["call_id": "\($0)"] })
    }

    func report(_ error: CarrierError, _ callID: String) {
        self.metering.error(.carrier)
        self.logger.warning("\(error)", metadata: ["call_id": "\(callID)"])
    }
}
