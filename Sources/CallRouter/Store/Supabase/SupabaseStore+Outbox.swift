import CallActors
import Foundation
import Logging
import Synchronization

extension SupabaseStore {
    /// Items that are written at the same time; they are of different calls.
    private static let width = 8
    /// How often missing columns are looked for again: an operator may have applied the migration.
    private static let probeInterval = Duration.seconds(300)
    /// What is noted of items that wait for Supabase to come back.
    private static let outageProblem = "unavailable"

    /// What came of looking at the outbox once.
    private enum Pass {
        /// Nothing is due before this instant.
        case idle(until: Date?)
        case progress
        case outage(SupabaseError)
        /// The embedded store does not answer.
        case storeFailed
        case cancelled
    }

    /// Writes what the outbox holds to Supabase, until it is cancelled.
    func runOutbox() async {
        await self.hurry(problem: nil)  // Whatever was in the way may be mended: why else would somebody start again?
        await self.refreshOutboxMetrics()
        var probedAt: ContinuousClock.Instant?
        while !Task.isCancelled {
            if probedAt.map({ $0.duration(to: .now) > Self.probeInterval && !self.columns.absent.isEmpty }) ?? true,
                await self.probeColumns()
            {
                probedAt = .now
            }
            switch await self.pass() {
            case .cancelled: return
            case .progress: await self.noteSuccess()
            case .idle(let until): await self.waitForWork(until: until)
            case .storeFailed: try? await Task.sleep(for: .seconds(1))  // Cancelled: the loop ends by itself.
            case .outage(let error):
                let failures = self.noteOutage(error)
                await self.pause(OutboxBackoff.outage(failures: failures, random: .random(in: 0..<1)))
            }
        }
    }

    /// Returns when everything that can be written now is written, at the latest after `limit`.
    ///
    /// Does not wait for a Supabase that is down: what is left is sent by the next process.
    package func settle(within limit: Duration) async {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while ContinuousClock.now < deadline, !Task.isCancelled, self.outages.withLock({ $0 }) == 0 {
            do throws(StoreError) {
                let state = try await self.local.outboxState()
                guard state.nextDue.map({ $0 <= Date() }) ?? false else { return }
            } catch {
                return
            }
            try? await Task.sleep(for: .milliseconds(50))  // Cancelled: the loop ends by itself.
        }
    }

    // MARK: - One pass

    private func pass() async -> Pass {
        let isProbe = self.outages.withLock { $0 } > 0
        let items: [OutboxItem]
        do throws(StoreError) {
            // While nothing gets through, one item at a time is enough to learn when something does.
            items = try await self.local.outboxDue(at: Date(), limit: isProbe ? 1 : 4 * Self.width)
        } catch {
            self.logger.error("\(error)", error: error)
            return .storeFailed
        }
        guard !items.isEmpty else {
            await self.refreshOutboxMetrics()
            return .idle(until: self.local.outboxSeen.withLock { $0.nextDue })
        }
        await self.refreshOutboxMetrics()
        var verdicts = await self.writeCalls(items.filter { $0.kind == .call })
        // Leads in order, so that of two calls with the same lead the later one has the last word.
        for item in items where item.kind == .lead {
            verdicts.append(await self.write(item))
        }
        if Task.isCancelled { return .cancelled }
        await self.refreshOutboxMetrics()
        var failure: SupabaseError?
        for case .outage(let error) in verdicts { failure = error }
        let hasAnswered = verdicts.contains { if case .outage = $0 { false } else { true } }
        // Where others got through, it is this item that fails: it waits alone.
        if let failure, !hasAnswered { return .outage(failure) }
        return .progress
    }

    private func writeCalls(_ items: [OutboxItem]) async -> [SupabaseWriter.Verdict] {
        await withTaskGroup(of: SupabaseWriter.Verdict.self) { group in
            var verdicts: [SupabaseWriter.Verdict] = []
            for (index, item) in items.enumerated() {
                if index >= Self.width, let verdict = await group.next() { verdicts.append(verdict) }
                group.addTask { await self.write(item) }
            }
            for await verdict in group { verdicts.append(verdict) }
            return verdicts
        }
    }

    /// Writes one item, and notes what came of it.
    private func write(_ item: OutboxItem) async -> SupabaseWriter.Verdict {
        let verdict = await self.writer.write(item)
        do throws(StoreError) {
            switch verdict {
            case .sent:
                try await self.local.outboxSent(item)
                await self.addFactsInBackground(item)
            // The request was cut off by the end of this process, and says nothing about Supabase.
            case .outage where Task.isCancelled: break
            case .outage:
                let pause = OutboxBackoff.outage(failures: item.failures + 1, random: .random(in: 0..<1))
                try await self.putOff(item, problem: Self.outageProblem, by: pause)
            case .stuck(let problem):
                let pause = OutboxBackoff.refusal(failures: item.failures + 1, random: .random(in: 0..<1))
                try await self.putOff(item, problem: problem, by: pause)
                self.report(item, problem: problem)
            }
        } catch {
            // The item is as it was, and is written again.
            self.logger.error("\(error)", error: error, metadata: ["call_id": "\(item.callID)"])
        }
        return verdict
    }

    private func putOff(_ item: OutboxItem, problem: String, by pause: Duration) async throws(StoreError) {
        self.metering?.error(.store)
        let dueAt = Date().addingTimeInterval(pause / .seconds(1))
        try await self.local.outboxFailed(item, problem: problem, dueAt: dueAt)
    }

    /// Says what is wrong with an item: at the first failure, and then ever more rarely.
    private func report(_ item: OutboxItem, problem: String) {
        let failures = item.failures + 1
        guard failures & (failures - 1) == 0 else { return }
        self.logger.error(
            """
            A call cannot be written to Supabase (\(problem)). It is kept and tried again; other calls go on. Apply \
            ops/supabase/migration.sql, set SUPABASE_INITIATOR_ID, or mend what it names.
            """,
            metadata: ["call_id": "\(item.callID)", "kind": "\(item.kind.rawValue)", "failures": "\(failures)"]
        )
    }

    private func addFactsInBackground(_ item: OutboxItem) async {
        guard item.kind == .call, !item.isEnriched, let record = item.record, !record.status.isTerminal,
            record.leadID != nil || record.businessID != nil
        else { return }
        do throws(SupabaseError) {
            await self.keep(try await self.writer.facts(of: record, timeout: Self.readTimeout), of: record.callID)
        } catch {
            self.logger.debug("\(error)", metadata: ["call_id": "\(item.callID)"])
        }
    }

    // MARK: - Outages

    /// Attempts in a row, with a minute between most of them, after which an outage is a failure.
    private static let longOutage = 16

    private func noteOutage(_ error: SupabaseError) -> Int {
        let failures = self.outages.withLock { outages in
            outages += 1
            return outages
        }
        if failures & (failures - 1) == 0 {
            let pending = self.local.outboxSeen.withLock { $0.count }
            // By then it has been away for some ten minutes, and somebody must look.
            self.logger.log(
                level: failures < Self.longOutage ? .warning : .error,
                "\(error) Calls go on; what is to be written waits in the outbox.",
                error: error,
                metadata: ["failures": "\(failures)", "pending": "\(pending)"]
            )
        }
        return failures
    }

    private func noteSuccess() async {
        let failures = self.outages.withLock { outages in
            defer { outages = 0 }
            return outages
        }
        guard failures > 0 else { return }
        self.logger.notice("Supabase takes writes again.", metadata: ["failures": "\(failures)"])
        await self.hurry(problem: Self.outageProblem)
    }

    /// What waits because of `problem` (nil: for whatever reason) is due now.
    private func hurry(problem: String?) async {
        do throws(StoreError) {
            try await self.local.outboxHurry(problem: problem)
        } catch {
            self.logger.error("\(error)", error: error)
        }
    }

    /// Waits, while the metrics keep up with what comes in.
    private func pause(_ duration: Duration) async {
        let end = ContinuousClock.now.advanced(by: duration)
        while ContinuousClock.now < end, !Task.isCancelled {
            await self.refreshOutboxMetrics()
            try? await Task.sleep(for: min(.seconds(2), ContinuousClock.now.duration(to: end)))  // Cancelled: it ends.
        }
    }

    private func waitForWork(until date: Date?) async {
        // Whatever the clock says, there is time to breathe between two looks.
        let wait = min(date.map { max(0.02, $0.timeIntervalSinceNow) } ?? .infinity, Self.probeInterval / .seconds(1))
        await withTaskGroup { group in
            group.addTask { await self.local.outboxWake.wait() }
            group.addTask { try? await Task.sleep(for: .seconds(wait)) }  // Cancelled: the wait is over.
            await group.next()
            group.cancelAll()
        }
    }

    private func refreshOutboxMetrics() async {
        do throws(StoreError) {
            let state = try await self.local.outboxState()
            self.local.outboxSeen.withLock { $0 = state }
        } catch {
            self.logger.debug("\(error)")
        }
    }

    // MARK: - Columns

    /// Finds out which of the optional columns the project has; false where it does not say.
    func probeColumns() async -> Bool {
        do throws(SupabaseError) {
            let missing = try await self.client.missing(SupabaseColumns.optional, timeout: Self.readTimeout)
            for column in SupabaseColumns.optional {
                if missing.contains(column) { _ = self.columns.drop(column) } else { self.columns.restore(column) }
            }
            return true
        } catch {
            self.logger.debug("\(error)")
            return false
        }
    }
}
