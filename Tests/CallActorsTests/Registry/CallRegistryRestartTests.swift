import Foundation
import Testing
import Wire

@testable import CallActors

/// Sessions that fail, and calls that outlive their process.
@Suite(.timeLimit(.minutes(1))) struct CallRegistryRestartTests {
    @Test("a failed session is followed by another: same stream, same transcript, and the call goes on")
    func restarted() async throws {
        let running = RunningRegistry()
        let (link, first) = await running.start()
        first.speak("r1", item: "a1", "Hello", audio: [1])
        first.hear("u1", "Hi.", until: .zero, after: "a1")
        await running.bench.store.entries.wait {
            $0.contains { if case .turn("u1", _, _) = $0 { true } else { false } }
        }
        running.overflow(first)
        let second = await running.bench.connector.link(1)
        await second.request(nil)
        #expect(second.items == ["system: what was said before", "assistant: Hello", "user: Hi."])
        #expect(link.closes.isEmpty)
        #expect(running.bench.metrics["restarted session"] == 1)
        #expect(running.bench.store.events(of: "call").contains(.restarted(count: 1)))
        let session = try #require(await running.registry.session(of: "call"))
        await session.receive(.media(payload: CallBench.frame(7)), from: link.id, readAt: .now)
        #expect(await second.audio(count: 1) == [CallBench.text(7)])
        // The model names its items as the first one did.
        second.speak("r1", item: "a1", "Where were we?", audio: Array(repeating: 5, count: 160))
        await link.log.wait { $0.contains { if case .audio(let bytes) = $0 { bytes.contains(5) } else { false } } }
        await session.receive(.stop, from: link.id, readAt: .now)
        await running.bench.ends.wait(count: 1)
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .callerHangup)
        #expect(end.transcript.map(\.content) == ["Hello", "Hi.", "Where were we?"])
        let journal = running.bench.store.events(of: "call").map { JournalEntry(at: Date(), event: $0) }
        #expect(CallPast(journal: journal).turns.map(\.line) == end.transcript)
        await running.finish()
    }

    @Test("a call whose sessions keep failing is given up as crashed, with its stream closed and its words kept")
    func budget() async throws {
        let running = RunningRegistry(CallBench { $0.restartLimit = 2 })
        let (link, first) = await running.start()
        first.speak("r1", item: "a1", "Hello", audio: [1])
        await running.bench.store.entries.wait {
            $0.contains { if case .turn("a1", _, _) = $0 { true } else { false } }
        }
        for attempt in 0...2 {
            let model = await running.bench.connector.link(attempt)
            await model.command { if case .configure = $0 { true } else { false } }
            let session = try #require(await running.registry.session(of: "call"))
            while await !session.isModelConfigured, !Task.isCancelled { await Task.yield() }
            running.overflow(model)
            if attempt < 2 { _ = await running.bench.connector.link(attempt + 1) }
        }
        await running.bench.ends.wait(count: 1)
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .crashed)
        #expect(end.modelWasReady)
        #expect(end.transcript.map(\.content) == ["Hello"])
        #expect(end.errorMessage?.contains("64 orders") == true)
        #expect(link.closes == [.close(1000, "call over")])
        #expect(running.bench.metrics["restarted session"] == 2)
        #expect(running.bench.notices.events.last == .ended(.crashed))
        await running.finish()
        #expect(running.bench.ends.events.count == 1)
        let ended = running.bench.store.events(of: "call").count { if case .ended = $0 { true } else { false } }
        #expect(ended == 1)
    }

    @Test("a session is restarted from its own memory while the store is down")
    func storeDown() async throws {
        let running = RunningRegistry()
        let (_, first) = await running.start()
        first.speak("r1", item: "a1", "Hello", audio: [1])
        await running.bench.store.entries.wait {
            $0.contains { if case .turn("a1", _, _) = $0 { true } else { false } }
        }
        running.bench.store.isDown = true
        running.overflow(first)
        let second = await running.bench.connector.link(1)
        await second.command { if case .createItem(.message(_, .assistant, "Hello")) = $0 { true } else { false } }
        await running.finish()
        #expect(running.bench.ends.events.first?.transcript.map(\.content) == ["Hello"])
    }

    @Test("a stream that comes while a session is being restarted is the next session's, and supersedes the old one")
    func streamDuringRestart() async throws {
        let running = RunningRegistry()
        let (link, first) = await running.start()
        running.bench.store.closeGate()
        running.overflow(first)
        await running.bench.store.gateReached.wait(count: 1)
        let waiting = [FakeCarrierLink(), FakeCarrierLink()]
        for stream in waiting { #expect(await running.admit(CallBench.record(), stream) == .attached) }
        #expect(waiting[0].closes == [.close(1001, "superseded")])
        running.bench.store.openGate()
        await waiting[1].log.wait { $0.contains(.attached) }
        #expect(link.closes == [.close(1001, "superseded")])
        #expect(waiting[1].closes.isEmpty)
        #expect(running.registry.activeCallCount == 1)
        await running.finish()
        #expect(waiting[1].closes == [.close(1001, "draining")])
    }

    @Test("an order to end at once reaches a session that is being restarted")
    func endDuringRestart() async throws {
        let running = RunningRegistry()
        let (link, first) = await running.start()
        running.bench.store.closeGate()
        running.overflow(first)
        await running.bench.store.gateReached.wait(count: 1)
        await running.registry.endAllNow()
        running.bench.store.openGate()
        await running.finish()
        #expect(running.bench.ends.events.map(\.reason) == [.drained])
        #expect(link.closes == [.close(1001, "draining")])
    }

    // MARK: - Recovery

    private func left(_ callID: String = "call") -> CallRecord {
        var record = CallBench.record(callID, status: .inProgress)
        record.startedAt = Date(timeIntervalSinceNow: -20)
        return record
    }

    private func journalled(_ store: MemoryStore, _ callID: String = "call", _ more: JournalEntry.Event...) {
        let line = TranscriptLine(role: .assistant, content: "Hello", at: Date(timeIntervalSinceNow: -19))
        for event in [
            .streamStarted(streamSID: "S", callSID: "CA1"), .modelReady, .turn(itemID: "a1", order: 1, line: line),
        ]
            + more
        {
            store.append(JournalEntry(at: Date(timeIntervalSinceNow: -10), event: event), to: callID)
        }
    }

    @Test("a call of a dead process goes on with its transcript when its stream comes back")
    func recovered() async throws {
        let store = MemoryStore(self.left())
        self.journalled(store)
        let running = RunningRegistry(CallBench(store: store))
        await running.registry.recover()
        #expect(running.registry.activeCallCount == 1)
        #expect(running.bench.connector.attempts.events.isEmpty)
        let link = FakeCarrierLink()
        await running.admit(self.left(), link)
        let model = await running.bench.connector.link()
        await model.command { if case .createItem(.message(_, .assistant, "Hello")) = $0 { true } else { false } }
        let session = try #require(await running.registry.session(of: "call"))
        await session.receive(.stop, from: link.id, readAt: .now)
        await running.bench.ends.wait(count: 1)
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .callerHangup)
        #expect(end.transcript.map(\.content) == ["Hello"])
        #expect(end.startedAt == running.bench.store.record("call")?.startedAt)
        await running.finish()
    }

    @Test("a call of a dead process that nobody comes back to ends as crashed, with its words")
    func notRecovered() async throws {
        let store = MemoryStore(self.left())
        self.journalled(store)
        let running = RunningRegistry(CallBench(store: store) { $0.resumeWithin = .milliseconds(30) })
        await running.registry.recover()
        await running.bench.ends.wait(count: 1)
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .crashed && end.modelWasReady)
        #expect(end.transcript.map(\.content) == ["Hello"])
        await running.finish()
    }

    @Test("a call whose end was journalled and not stored is stored now, with that end")
    func endedBefore() async throws {
        let store = MemoryStore(self.left())
        self.journalled(store, "call", .ended(.aiHangup, errorMessage: nil))
        let running = RunningRegistry(CallBench(store: store))
        await running.registry.recover()
        #expect(running.registry.activeCallCount == 0)
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .aiHangup && end.modelWasReady)
        #expect(end.transcript.map(\.content) == ["Hello"])
        #expect(end.endedAt < Date(timeIntervalSinceNow: -5))
        await running.finish()
        #expect(store.events(of: "call").count { if case .ended = $0 { true } else { false } } == 1)
    }

    @Test("a call of a dead process that never had a stream is expected, and crashed if none comes")
    func neverStarted() async throws {
        let store = MemoryStore(CallBench.record("a"), CallBench.record("b"), CallBench.record("c", status: .queued))
        let running = RunningRegistry(CallBench(store: store) { $0.resumeWithin = .milliseconds(10) })
        await running.registry.recover()
        #expect(running.registry.activeCallCount == 0)
        let admission = await running.admit(CallBench.record("b"))
        await running.bench.ends.wait(count: 1)
        #expect(running.bench.ends.events.first?.callID == "a")
        #expect(running.bench.ends.events.first?.reason == .crashed)
        #expect(admission == .attached)
        await running.finish()
        #expect(Set(running.bench.ends.events.map(\.callID)) == ["a", "b"])
    }

    @Test("a stream that comes before its call was recovered finds its transcript too")
    func streamBeforeRecovery() async throws {
        let store = MemoryStore(self.left())
        self.journalled(store)
        let running = RunningRegistry(CallBench(store: store))
        await running.admit(self.left())
        await running.registry.recover()
        #expect(running.registry.activeCallCount == 1)
        let model = await running.bench.connector.link()
        await model.command { if case .createItem(.message(_, .assistant, "Hello")) = $0 { true } else { false } }
        await running.finish()
        #expect(running.bench.ends.events.first?.transcript.map(\.content) == ["Hello"])
    }

    @Test("a store that is down at the start recovers nothing, and does not stop the start")
    func recoveryWithoutStore() async {
        let store = MemoryStore(self.left())
        store.isDown = true
        let running = RunningRegistry(CallBench(store: store))
        await running.registry.recover()
        #expect(running.registry.activeCallCount == 0)
        #expect(running.bench.metrics["errors store"] == 1)
        await running.finish()
    }
}
