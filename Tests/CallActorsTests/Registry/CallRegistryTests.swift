import Foundation
import NIOCore
import Testing
import Wire

@testable import CallActors

@Suite(.timeLimit(.minutes(1))) struct CallRegistryTests {
    @Test("a call is admitted, runs, is stored once, and leaves nothing behind")
    func wholeCall() async throws {
        let running = RunningRegistry()
        weak var session: CallSession?
        do {
            let (link, model) = await running.start()
            session = await running.registry.session(of: "call")
            #expect(running.registry.isLive(callID: "call"))
            #expect(running.registry.activeCallCount == 1)
            let record = try #require(running.bench.store.record("call"))
            #expect(record.status == .inProgress && record.startedAt != nil && record.callSID == "CA1")
            model.speak("r1", item: "a1", "Hello", audio: [1, 2, 3])
            await running.bench.store.entries.wait { $0.contains { if case .turn = $0 { true } else { false } } }
            await session?.receive(.stop, from: link.id, readAt: .now)
        }
        await running.bench.ends.wait(count: 1)
        await running.registry.drain(deadline: nil)
        #expect(!running.registry.isLive(callID: "call"))
        #expect(running.registry.activeCallCount == 0)
        #expect(running.bench.metrics["active"] == 0)
        #expect(await running.registry.session(of: "call") == nil)
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .callerHangup && end.transcript.map(\.content) == ["Hello"])
        await running.finish()
        #expect(running.bench.ends.events.count == 1)
        for _ in 0..<100 where session != nil { try? await running.bench.loop.eventLoop.submit {}.get() }
        #expect(session == nil)
    }

    @Test("the last free place is given once, however many ask for it at the same time")
    func capacity() async {
        let records = (0..<20).map { CallBench.record("call\($0)") }
        let store = MemoryStore()
        for record in records { try? await store.insert(record) }
        let running = RunningRegistry(CallBench(store: store) { $0.maxCalls = 3 })
        let admissions = await withTaskGroup(of: CallRegistry.Admission.self) { group in
            for record in records { group.addTask { await running.admit(record) } }
            return await group.reduce(into: [CallRegistry.Admission]()) { $0.append($1) }
        }
        #expect(admissions.count { $0 == .attached } == 3)
        #expect(admissions.count { $0 == .refused(.atCapacity) } == 17)
        #expect(running.registry.activeCallCount == 3)
        #expect(!running.registry.hasCapacity)
        await running.finish()
        #expect(running.bench.ends.events.count == 3)
        #expect(running.registry.hasCapacity)
    }

    @Test("two streams of one new call at the same time are one call: one of them takes it over")
    func twoStreams() async {
        for _ in 0..<20 {
            let running = RunningRegistry()
            let links = [FakeCarrierLink(), FakeCarrierLink()]
            await withTaskGroup(of: Void.self) { group in
                for link in links { group.addTask { await running.admit(CallBench.record(), link) } }
            }
            #expect(running.registry.activeCallCount == 1)
            #expect(links.count { $0.closes == [.close(1001, "superseded")] } == 1)
            await running.finish()
            #expect(running.bench.ends.events.count == 1)
        }
    }

    @Test("a call that is over gets no session, and a stream that is refused is left to its socket")
    func terminal() async {
        let running = RunningRegistry()
        let link = FakeCarrierLink()
        for status in [CallRecord.Status.completed, .failed] {
            #expect(await running.admit(CallBench.record(status: status), link) == .refused(.unknownCall))
        }
        #expect(link.log.events.isEmpty)
        await running.finish()
        #expect(running.bench.ends.events.isEmpty)
    }

    @Test("a call keeps its place until its end is stored")
    func placeUntilStored() async {
        let bench = CallBench(ending: Gate(isOpen: false)) { $0.maxCalls = 1 }
        let running = RunningRegistry(bench)
        _ = await running.start()
        #expect(await running.registry.hangUp(callID: "call"))
        await bench.ending.arrivals.wait(count: 1)
        #expect(running.registry.isLive(callID: "call"))
        #expect(await running.admit(CallBench.record("other")) == .refused(.atCapacity))
        let late = FakeCarrierLink()
        #expect(await running.admit(CallBench.record(), late) == .attached)
        #expect(late.closes == [.close(1000, "call over")])
        bench.ending.open()
        await running.registry.drain(deadline: nil)
        await running.finish()
        #expect(bench.ends.events.map(\.reason) == [.operatorHangup])
    }

    @Test("only live calls can be hung up")
    func hangUp() async {
        let running = RunningRegistry()
        #expect(await running.registry.hangUp(callID: "call") == false)
        _ = await running.start()
        #expect(await running.registry.hangUp(callID: "call"))
        await running.bench.ends.wait(count: 1)
        #expect(running.bench.ends.events.first?.reason == .operatorHangup)
        await running.finish()
    }

    @Test("a stream in a format that cannot be carried ends its call, live or not, once")
    func wrongFormat() async throws {
        let running = RunningRegistry()
        await running.registry.fail(CallBench.record(), errorMessage: "Set STREAM_CODEC.")
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .carrierFailed && end.errorMessage == "Set STREAM_CODEC." && !end.modelWasReady)
        #expect(running.bench.notices.events == [.ended(.carrierFailed)])
        await running.registry.fail(CallBench.record(status: .failed), errorMessage: "again")
        #expect(running.bench.ends.events.count == 1)
        let (link, _) = await running.start(CallBench.record("live"))
        await running.registry.fail(CallBench.record("live"), errorMessage: "Set STREAM_CODEC.")
        await running.bench.ends.wait(count: 2)
        #expect(link.closes == [.close(1000, "call over")])
        await running.finish()
        #expect(running.bench.ends.events.count == 2)
    }

    @Test("a call whose first stream never comes is ended with what it was expected for")
    func expected() async throws {
        let running = RunningRegistry(CallBench { $0.resumeWithin = .milliseconds(10) })
        await running.registry.expect(callID: "call")
        await running.registry.expect(callID: "unknown")
        await running.bench.ends.wait(count: 1)
        #expect(running.bench.ends.events.map(\.reason) == [.streamLost])
        #expect(running.bench.metrics["reaped stream_lost"] == 1)
        #expect(await running.registry.expected.isEmpty)
        await running.finish()
    }

    @Test("a call whose first stream came is not waited for any more")
    func expectedAndCame() async {
        let running = RunningRegistry()
        await running.registry.expect(callID: "call")
        _ = await running.start()
        #expect(await running.registry.expected.isEmpty)
        await running.finish()
    }

    @Test("a store that is down keeps nobody from talking")
    func storeDown() async {
        let running = RunningRegistry()
        running.bench.store.isDown = true
        let (link, model) = await running.start()
        model.speak("r1", item: "a1", "Hello", audio: [1, 2, 3])
        await link.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        #expect(running.bench.metrics["errors store"] == 1)
        await running.finish()
        #expect(running.bench.ends.events.first?.transcript.map(\.content) == ["Hello"])
    }
}
