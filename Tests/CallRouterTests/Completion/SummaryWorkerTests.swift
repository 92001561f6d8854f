import CallActors
import Foundation
import Testing

@testable import CallRouter

@Suite struct SummaryWorkerTests {
    private let directory: TemporaryDirectory
    private let store: SQLiteStore
    private let metering = FakeMetering()

    init() throws {
        self.directory = try TemporaryDirectory()
        self.store = try SQLiteStore(directory: self.directory.path, metering: nil, logger: .silent)
    }

    @Test("a call that ends gets its summary, written once with everything it says")
    func writesSummary() async throws {
        let summarizer = FakeSummarizer { _, _ in .success(FakeSummarizer.summary) }
        let worker = self.worker(summarizer, VirtualTime(jumps: true), price: { _ in 0.01 })
        let running = Task { await worker.run() }
        var ended = try await self.endCall("c")
        worker.enqueue("c")
        worker.enqueue("c")
        #expect(await self.metering.nextOutcome() == .goalAchieved)
        await Self.stop(running)
        ended.outcome = .goalAchieved
        ended.summary = "They want a quote."
        ended.consumerInterestLevel = .high
        ended.nextAction = "Send the quote"
        ended.appointmentTime = "2026-12-01T10:00:00Z"
        ended.quoteAmount = 450
        ended.usage.claudeInputTokens = 1_030
        ended.usage.claudeOutputTokens = 105
        ended.costUSD = 0.26
        #expect(try await self.store.call(id: "c") == ended)
        #expect(self.metering.outcomes == [.goalAchieved])
        #expect(self.metering.usd == 0.01)
        let request = try #require(summarizer.requests.first)
        #expect(summarizer.requests.count == 1)
        #expect(request.endReason == .callerHangup)
        #expect(request.transcript == ended.transcript)
        #expect(request.objective == "Ask")
        #expect(request.startedAt == "2026-05-09T06:13:20Z")
    }

    @Test("what the last process left owed is taken up at the start")
    func takesUpWhatIsOwed() async throws {
        for index in 0..<5 { try await self.endCall("c\(index)") }
        let summarizer = FakeSummarizer { _, _ in .success(FakeSummarizer.summary) }
        let worker = self.worker(summarizer, VirtualTime(jumps: true))
        let running = Task { await worker.run() }
        for _ in 0..<5 { #expect(await self.metering.nextOutcome() == .goalAchieved) }
        await Self.stop(running)
        #expect(Set(summarizer.requests.map(\.callID)).count == 5)
        #expect(try await self.store.callsAwaitingSummary().isEmpty)
    }

    @Test(
        "a summary that failed is tried again, whatever the reason",
        arguments: [
            ReasoningError.timedOut, .refused, .rejected(status: 400, type: "invalid_request_error"),
            .malformed("no JSON"),
            .overloaded(status: 529, retryAfter: .seconds(7)), .unreachable("refused"), .cancelled,
        ]
    )
    func triesAgain(error: ReasoningError) async throws {
        try await self.endCall("c")
        let summarizer = FakeSummarizer { index, _ in index < 3 ? .failure(error) : .success(FakeSummarizer.summary) }
        let worker = self.worker(summarizer, VirtualTime(jumps: true))
        let running = Task { await worker.run() }
        #expect(await self.metering.nextOutcome() == .goalAchieved)
        await Self.stop(running)
        #expect(summarizer.requests.count == 4)
        #expect(self.metering.errors == [.summary, .summary, .summary])
    }

    @Test("after the time for it the outcome is error, the reason is told and the transcript stands")
    func givesUp() async throws {
        let ended = try await self.endCall("c")
        let time = VirtualTime(jumps: true)
        let summarizer = FakeSummarizer { _, _ in .failure(.overloaded(status: 529, retryAfter: nil)) }
        let worker = self.worker(summarizer, time, patience: .seconds(86_400))
        let running = Task { await worker.run() }
        #expect(await self.metering.nextOutcome() == .error)
        await Self.stop(running)
        let call = try #require(await self.store.call(id: "c"))
        #expect(call.outcome == .error)
        #expect(call.status == .completed)
        #expect(call.summary == nil)
        #expect(
            call.errorMessage?.hasPrefix("No summary within 86400 s of the call's end. Claude is overloaded") == true
        )
        #expect(call.transcript == ended.transcript)
        // Ten waits that double, then one every ten minutes; the last attempt at the deadline.
        #expect(summarizer.requests.count > 140)
        #expect(abs(time.date.timeIntervalSince(try #require(ended.endedAt)) - 86_400) < 1)
    }

    @Test("a restart keeps the deadline, and a kill in between loses no call")
    func restart() async throws {
        try await self.endCall("c")
        let time = VirtualTime(jumps: false)
        let failing = FakeSummarizer { _, _ in .failure(.timedOut) }
        let first = self.worker(failing, time, patience: .seconds(100))
        let running = Task { await first.run() }
        #expect(await self.metering.nextError() == .summary)
        // The process is killed here; the next one starts on what is on disk, 95 s later.
        let left = try self.directory.snapshot()
        await Self.stop(running)
        time.advance(by: .seconds(95))
        let reopened = try SQLiteStore(directory: left.path, metering: nil, logger: .silent)
        let metering = FakeMetering()
        let later = VirtualTime(jumps: true)
        later.advance(by: time.now.offset)
        let second = self.worker(failing, later, patience: .seconds(100), store: reopened, metering: metering)
        let again = Task { await second.run() }
        #expect(await metering.nextOutcome() == .error)
        await Self.stop(again)
        #expect(abs(later.now.offset / .seconds(1) - 100 - Self.endOffset) < 1)
        #expect(try await reopened.callsAwaitingSummary().isEmpty)
    }

    @Test("a store that is down is waited for, and Claude is not asked twice")
    func storeDown() async throws {
        try await self.endCall("c")
        let flaky = FlakyStore(self.store)
        // The answer arrives while the store is down; it comes back after three refusals.
        let summarizer = FakeSummarizer { _, _ in
            flaky.failNext(3)
            return .success(FakeSummarizer.summary)
        }
        let worker = self.worker(summarizer, VirtualTime(jumps: true), store: flaky)
        let running = Task { await worker.run() }
        #expect(await self.metering.nextOutcome() == .goalAchieved)
        await Self.stop(running)
        #expect(summarizer.requests.count == 1)
        #expect(flaky.failures == 3)
    }

    @Test("a store that is down at the start is asked again")
    func storeDownAtStart() async throws {
        try await self.endCall("c")
        let flaky = FlakyStore(self.store)
        flaky.failNext(4)
        let worker = self.worker(
            FakeSummarizer { _, _ in .success(FakeSummarizer.summary) },
            VirtualTime(jumps: true),
            store: flaky
        )
        let running = Task { await worker.run() }
        #expect(await self.metering.nextOutcome() == .goalAchieved)
        await Self.stop(running)
    }

    @Test("at most four summaries are asked for at a time")
    func boundsConcurrency() async throws {
        for index in 0..<12 { try await self.endCall("c\(index)") }
        let summarizer = FakeSummarizer(isOpen: false) { _, _ in .success(FakeSummarizer.summary) }
        let worker = self.worker(summarizer, VirtualTime(jumps: true))
        let running = Task { await worker.run() }
        for _ in 0..<4 { _ = await summarizer.nextStarted() }
        #expect(summarizer.requests.count == 4)
        summarizer.open()
        for _ in 0..<12 { _ = await self.metering.nextOutcome() }
        await Self.stop(running)
        #expect(summarizer.mostRunning == 4)
    }

    @Test("Claude is not asked where the call knows its outcome, or has one")
    func knownOutcomes() async throws {
        try await self.endCall("silent", transcript: [])
        try await self.endCall("failed", status: .failed, reason: .carrierFailed)
        try await self.endCall("machine", reason: .voicemail)
        var change = CallChange()
        change.outcome = .declined
        try await self.endCall("done")
        try await self.store.update(callID: "done", change)
        let summarizer = FakeSummarizer { _, _ in .success(FakeSummarizer.summary) }
        let worker = self.worker(summarizer, VirtualTime(jumps: true))
        for callID in ["silent", "failed", "machine", "done", "unknown"] { worker.enqueue(callID) }
        let running = Task { await worker.run() }
        for _ in 0..<3 { _ = await self.metering.nextOutcome() }
        await Self.stop(running)
        #expect(summarizer.requests.isEmpty)
        #expect(try await self.store.call(id: "silent")?.outcome == .noAnswer)
        #expect(try await self.store.call(id: "failed")?.outcome == .error)
        #expect(try await self.store.call(id: "machine")?.outcome == .voicemail)
        #expect(try await self.store.call(id: "done")?.outcome == .declined)
        #expect(self.metering.outcomes.count == 3)
    }

    @Test("a call announced before its end is stored has its turn later")
    func announcedEarly() async throws {
        try await self.store.insert(Samples.call("c"))
        let flaky = FlakyStore(self.store)
        let worker = self.worker(
            FakeSummarizer { _, _ in .success(FakeSummarizer.summary) },
            VirtualTime(jumps: true),
            store: flaky
        )
        worker.enqueue("c")
        let running = Task { await worker.run() }
        await flaky.nextRead()
        try await self.endCall("c")
        #expect(await self.metering.nextOutcome() == .goalAchieved)
        await Self.stop(running)
    }

    @Test("a drain tries what is due once, returns, and leaves the rest owed")
    func drains() async throws {
        for callID in ["good", "bad"] { try await self.endCall(callID) }
        let time = VirtualTime(jumps: false)
        let summarizer = FakeSummarizer(isOpen: false) { _, request in
            request.callID == "good" ? .success(FakeSummarizer.summary) : .failure(.timedOut)
        }
        let worker = self.worker(summarizer, time)
        let running = Task { await worker.run() }
        for _ in 0..<2 { _ = await summarizer.nextStarted() }
        let drain = Task { await worker.drain(within: .seconds(5)) }
        summarizer.open()
        await drain.value
        #expect(try await self.store.callsAwaitingSummary().map(\.callID) == ["bad"])
        #expect(summarizer.requests.count == 2)
        await Self.stop(running)
    }

    @Test("a drain does not wait longer than it may")
    func drainTimesOut() async throws {
        try await self.endCall("c")
        let time = VirtualTime(jumps: true)
        let summarizer = FakeSummarizer(isOpen: false) { _, _ in .success(FakeSummarizer.summary) }
        let worker = self.worker(summarizer, time)
        let running = Task { await worker.run() }
        _ = await summarizer.nextStarted()
        await worker.drain(within: .seconds(5))
        running.cancel()
        summarizer.open()
        await running.value
        #expect(try await self.store.callsAwaitingSummary().map(\.callID) == ["c"], "the next start tries it")
        #expect(self.metering.errors.isEmpty, "a process that ends is no failure of Claude's")
    }

    // MARK: - Helpers

    private static let endOffset = 60.0

    @discardableResult
    private func endCall(
        _ callID: String,
        status: CallRecord.Status = .completed,
        reason: EndReason = .callerHangup,
        transcript: [TranscriptLine] = [Samples.line(.assistant, "Hello?"), Samples.line(.user, "A quote, please.")]
    ) async throws -> CallRecord {
        var call = Samples.call(callID)
        call.objective = "Ask"
        try await self.store.insert(call)
        var change = CallChange()
        change.status = status
        change.endReason = reason
        change.endedAt = Samples.start.addingTimeInterval(Self.endOffset)
        change.transcript = transcript
        change.costUSD = 0.25
        var usage = CallUsage()
        usage.claudeInputTokens = 30
        usage.claudeOutputTokens = 5
        change.usage = usage
        return try #require(await self.store.update(callID: callID, change))
    }

    private func worker(
        _ summarizer: FakeSummarizer,
        _ time: VirtualTime,
        patience: Duration = .seconds(86_400),
        store: (any CallStore)? = nil,
        metering: FakeMetering? = nil,
        price: @escaping @Sendable (CallSummary) -> Double? = { _ in nil }
    ) -> SummaryWorker {
        // The calls ended a minute after they began.
        time.advance(by: max(.zero, .seconds(Self.endOffset) - time.now.offset))
        return SummaryWorker(
            store: store ?? self.store,
            summarizer: summarizer,
            metering: metering ?? self.metering,
            policy: SummaryRetry.Policy(patience: patience),
            price: price,
            logger: .silent,
            clock: time,
            now: { time.date },
            jitter: { 0 }
        )
    }

    private static func stop(_ running: Task<Void, Never>) async {
        running.cancel()
        await running.value
    }
}
