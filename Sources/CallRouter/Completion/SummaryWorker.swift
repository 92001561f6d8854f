import CallActors
import Foundation
import Logging
import Synchronization

/// Gets every ended call its outcome: asks for the summary, tries again until there is one, and writes it once.
///
/// What is owed is in the store, so that a restart goes on where the last process stopped; this actor only remembers
/// when to try what again. At most four summaries are asked for at a time.
package actor SummaryWorker {
    /// Calls in memory at most; the store holds the others until there is room.
    private static let capacity = 10_000
    private static let maximumRunning = 4

    private let store: any CallStore
    private let summarizer: any Summarizer
    private let metering: any CallMetering
    private let policy: SummaryRetry.Policy
    private let price: @Sendable (CallSummary) -> Double?
    private let logger: Logger
    private let clock: any Clock<Duration>
    private let now: @Sendable () -> Date
    private let jitter: @Sendable () -> Double

    /// Calls that ended since the loop last looked; the flag says that some did not fit.
    private let inbox = Mutex<(callIDs: [String], overflowed: Bool)>(([], false))
    private let wake = WakeSignal()
    private let drained = WakeSignal()
    private var queue = SummaryQueue(capacity: SummaryWorker.capacity, maximumRunning: SummaryWorker.maximumRunning)
    /// When the store is to be asked for what it is owed; nil when it has told.
    private var scan: SummaryRetry?

    /// A worker that does nothing until ``run()``.
    ///
    /// - Parameters:
    ///   - store: Knows the calls that are owed a summary, and takes it.
    ///   - summarizer: Makes one attempt at a time.
    ///   - metering: Told of failed attempts (`kind="summary"`), of outcomes and of what summaries cost.
    ///   - policy: How long and how often.
    ///   - price: What one summary costs in USD; nil where its price is not known.
    ///   - logger: Told of failures, never of content.
    ///   - clock: Sleeps between attempts.
    ///   - now: The wall clock, by which deadlines outlive a restart; runs with `clock`.
    ///   - jitter: A random number from 0 to 1.
    package init(
        store: any CallStore,
        summarizer: any Summarizer,
        metering: any CallMetering,
        policy: SummaryRetry.Policy,
        price: @escaping @Sendable (CallSummary) -> Double? = { _ in nil },
        logger: Logger,
        clock: any Clock<Duration> = ContinuousClock(),
        now: @escaping @Sendable () -> Date = { Date() },
        jitter: @escaping @Sendable () -> Double = { Double.random(in: 0...1) }
    ) {
        self.store = store
        self.summarizer = summarizer
        self.metering = metering
        self.policy = policy
        self.price = price
        self.logger = logger
        self.clock = clock
        self.now = now
        self.jitter = jitter
    }

    /// Takes a call that is over and stored; returns at once.
    ///
    /// Calls that need no summary are recognised and left alone.
    package nonisolated func enqueue(_ callID: String) {
        self.inbox.withLock { inbox in
            if inbox.callIDs.count < Self.capacity { inbox.callIDs.append(callID) } else { inbox.overflowed = true }
        }
        self.wake.signal()
    }

    /// Works until the task is cancelled: first on what earlier processes left owed, then on what ends.
    package func run() async {
        self.scan = SummaryRetry(policy: self.policy, now: self.now())
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled {
                await self.scanWhereDue()
                self.takeInbox()
                for job in self.queue.takeDue(at: self.now()) {
                    group.addTask {
                        let again = await self.attempt(job)
                        await self.settle(job.callID, again: again)
                    }
                }
                if self.queue.isDraining, self.isDrained { self.drained.signal() }
                await self.pause(until: [self.scan?.dueAt, self.queue.nextDue].compactMap(\.self).min())
            }
        }
    }

    /// Tries everything that is due once, and leaves the rest to the next start.
    ///
    /// Returns when that is done, or after `timeout`; meant for the shutdown, while ``run()`` still runs.
    package func drain(within timeout: Duration) async {
        self.queue.beginDraining()
        self.wake.signal()
        let (clock, drained) = (self.clock, self.drained)
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await drained.wait() }
            race.addTask { try? await clock.sleep(for: timeout) }
            await race.next()
            race.cancelAll()
        }
    }

    private var isDrained: Bool {
        self.inbox.withLock { $0.callIDs.isEmpty } && self.queue.isDrained(at: self.now())
    }

    private func takeInbox() {
        let inbox = self.inbox.withLock { inbox in
            defer { inbox = ([], false) }
            return inbox
        }
        let now = self.now()
        for callID in inbox.callIDs { self.queue.add(SummaryJob(callID: callID, retry: self.retry(at: now))) }
        if inbox.overflowed { self.queue.scanned(isComplete: false) }
    }

    private func retry(at now: Date) -> SummaryRetry { SummaryRetry(policy: self.policy, now: now) }

    private func scanWhereDue() async {
        if self.scan == nil, self.queue.needsScan { self.scan = self.retry(at: self.now()) }
        guard var scan = self.scan, scan.dueAt <= self.now() else { return }
        do throws(StoreError) {
            let owed = try await self.store.callsAwaitingSummary()
            let now = self.now()
            self.scan = nil
            // A full answer may not be the whole of it.
            self.queue.scanned(isComplete: owed.count < Self.capacity)
            for call in owed { self.queue.add(SummaryJob(callID: call.callID, retry: self.retry(at: now))) }
        } catch {
            scan.storeFailed(at: self.now(), jitter: self.jitter())
            self.scan = scan
            self.logger.error("\(error)", error: error)
        }
    }

    private func settle(_ callID: String, again job: SummaryJob?) {
        self.queue.settled(callID, again: job)
        self.wake.signal()
    }

    /// Waits for a signal, or until `instant`.
    private func pause(until instant: Date?) async {
        let (clock, wake) = (self.clock, self.wake)
        guard let instant else { return await wake.wait() }
        let wait = Duration.seconds(max(0, instant.timeIntervalSince(self.now())))
        await withTaskGroup(of: Void.self) { race in
            race.addTask { await wake.wait() }
            race.addTask { try? await clock.sleep(for: wait) }
            await race.next()
            race.cancelAll()
        }
    }

    // MARK: - One attempt

    /// Gets one call further; returns the job where it must be tried again.
    private nonisolated func attempt(_ job: SummaryJob) async -> SummaryJob? {
        var job = job
        do throws(StoreError) {
            guard let call = try await self.store.call(id: job.callID), call.outcome == nil else { return nil }
            guard call.status.isTerminal else {
                // Announced before its end was stored: the store is behind, not the call.
                job.retry.storeFailed(at: self.now(), jitter: self.jitter())
                return job
            }
            if job.answer == nil { await self.answer(&job, for: call) }
            guard let answer = job.answer else { return job }
            let change = self.change(of: call, to: answer)
            guard let written = try await self.store.update(callID: job.callID, change) else { return nil }
            if let outcome = written.outcome { self.metering.outcome(outcome) }
            if case .summary(let summary) = answer, let price = self.price(summary) { self.metering.cost(usd: price) }
            return nil
        } catch {
            job.retry.storeFailed(at: self.now(), jitter: self.jitter())
            return job
        }
    }

    /// Decides what the record will say; leaves the answer open where the attempt failed and another will be made.
    private nonisolated func answer(_ job: inout SummaryJob, for call: CallRecord) async {
        if let outcome = Self.knownOutcome(of: call) {
            job.answer = .known(outcome)
            return
        }
        do throws(ReasoningError) {
            job.answer = .summary(try await self.summarizer.summarize(Self.request(for: call)))
        } catch {
            // The process ends: the next start tries it.
            if error == .cancelled, Task.isCancelled { return }
            self.metering.error(.summary)
            let verdict = job.retry.summaryFailed(
                error,
                endedAt: call.endedAt ?? call.createdAt,
                at: self.now(),
                jitter: self.jitter()
            )
            let failures = job.retry.failures
            let metadata: Logger.Metadata = ["call_id": "\(job.callID)", "failures": "\(failures)"]
            switch verdict {
            case .again:
                let level = failures & (failures - 1) == 0 ? Logger.Level.warning : .debug
                self.logger.log(
                    level: level,
                    "A call's summary failed and is tried again. \(error)",
                    metadata: metadata
                )
            case .giveUp:
                self.logger.error("A call's summary is given up. \(error)", error: error, metadata: metadata)
                let seconds = Int(self.policy.patience / .seconds(1))
                job.answer = .givenUp(message: "No summary within \(seconds) s of the call's end. \(error)")
            }
        }
    }

    /// The outcome that needs no summary: a process that died between a call's end and its record leaves such calls.
    private static func knownOutcome(of call: CallRecord) -> CallRecord.Outcome? {
        guard call.status == .completed else { return .error }
        let facts = OutcomeRule.Facts(
            endReason: call.endReason ?? .crashed,
            modelWasReady: true,
            transcript: call.transcript
        )
        return OutcomeRule.decide(facts).outcome
    }

    private static func request(for call: CallRecord) -> SummaryRequest {
        SummaryRequest(
            callID: call.callID,
            callType: call.callType,
            objective: call.objective,
            endReason: call.endReason ?? .crashed,
            startedAt: (call.startedAt ?? call.createdAt).ISO8601Format(),
            transcript: call.transcript
        )
    }

    private nonisolated func change(of call: CallRecord, to answer: SummaryJob.Answer) -> CallChange {
        var change = CallChange()
        switch answer {
        case .known(let outcome):
            change.outcome = outcome
        case .givenUp(let message):
            change.outcome = .error
            change.errorMessage = message
        case .summary(let summary):
            change.outcome = summary.outcome
            change.summary = summary.summary
            change.consumerInterestLevel = summary.interestLevel
            change.nextAction = summary.nextAction
            change.appointmentTime = summary.appointmentTime
            change.quoteAmount = summary.quoteAmount
            var usage = call.usage
            usage.claudeInputTokens += summary.inputTokens
            usage.claudeOutputTokens += summary.outputTokens
            change.usage = usage
            // A total of which a part is unknown is no total.
            if let cost = call.costUSD, let price = self.price(summary) { change.costUSD = cost + price }
        }
        return change
    }
}
