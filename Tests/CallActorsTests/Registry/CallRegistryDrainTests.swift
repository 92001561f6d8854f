import Foundation
import Testing
import Wire

@testable import CallActors

@Suite(.timeLimit(.minutes(1))) struct CallRegistryDrainTests {
    @Test("an empty registry is drained at once")
    func empty() async {
        let running = RunningRegistry()
        await running.registry.drain(deadline: nil)
        await running.registry.drain(deadline: .seconds(60))
        #expect(running.registry.isDraining)
        await running.finish()
    }

    @Test(
        "a drain refuses new calls, serves those already dialled and those that resume, and ends with the last of them"
    )
    func refuses() async throws {
        let store = MemoryStore(
            CallBench.record(),
            CallBench.record("new"),
            CallBench.record("dialled", direction: .outbound, status: .initiating),
            CallBench.record("queued", direction: .outbound, status: .queued)
        )
        let running = RunningRegistry(CallBench(store: store))
        let (link, _) = await running.start()
        let drained = EventLog<Void>()
        let drain = Task {
            await running.registry.drain(deadline: nil)
            drained.append(())
        }
        while !running.registry.isDraining { await Task.yield() }
        #expect(await running.admit(CallBench.record("new")) == .refused(.draining))
        let queued = CallBench.record("queued", direction: .outbound, status: .queued)
        #expect(await running.admit(queued) == .refused(.draining))
        let dialled = CallBench.record("dialled", direction: .outbound, status: .ringing)
        #expect(await running.admit(dialled) == .attached)
        let second = FakeCarrierLink()
        #expect(await running.admit(CallBench.record(), second) == .attached)
        #expect(link.closes == [.close(1001, "superseded")])
        #expect(await running.registry.hangUp(callID: "call"))
        await running.bench.ends.wait(count: 1)
        #expect(drained.events.isEmpty)
        #expect(await running.registry.hangUp(callID: "dialled"))
        await drain.value
        #expect(running.bench.ends.events.count == 2)
        await running.finish()
    }

    @Test("a drain that is taken back takes calls again, and nobody waits for its end")
    func undrained() async {
        let running = RunningRegistry()
        _ = await running.start()
        let drain = Task { await running.registry.drain(deadline: nil) }
        while !running.registry.isDraining { await Task.yield() }
        await running.registry.undrain()
        await drain.value
        #expect(!running.registry.isDraining)
        #expect(await running.admit(CallBench.record("other")) == .attached)
        #expect(running.registry.activeCallCount == 2)
        await running.finish()
    }

    @Test("at its deadline the model says goodbye, and what is left is closed as draining")
    func deadline() async throws {
        let running = RunningRegistry()
        let (link, model) = await running.start()
        model.speak("r1", item: "a1", "Hello", audio: [1])
        let drain = Task { await running.registry.drain(deadline: .milliseconds(50)) }
        await model.request("goodbye: drained")
        #expect(await running.admit(CallBench.record("late", direction: .outbound)) == .refused(.draining))
        model.speak("g", item: "a2", "We must stop here. Goodbye.", audio: Array(repeating: 1, count: 160))
        await drain.value
        let end = try #require(running.bench.ends.events.first)
        #expect(end.reason == .drained)
        #expect(end.transcript.map(\.content) == ["Hello", "We must stop here. Goodbye."])
        #expect(link.closes == [.close(1001, "draining")])
        await running.finish()
    }

    @Test("at its deadline a call with nobody to say goodbye ends at once")
    func deadlineWithoutModel() async {
        let running = RunningRegistry(CallBench(connector: FakeModelConnector([.silent])))
        let link = FakeCarrierLink()
        await running.admit(CallBench.record(), link)
        await running.registry.drain(deadline: .milliseconds(20))
        #expect(running.bench.ends.events.map(\.reason) == [.drained])
        #expect(link.closes == [.close(1001, "draining")])
        await running.finish()
    }

    @Test("calls that end before the deadline end the drain before it")
    func early() async {
        let running = RunningRegistry()
        _ = await running.start()
        let drain = Task { await running.registry.drain(deadline: .seconds(3600)) }
        while !running.registry.isDraining { await Task.yield() }
        #expect(await running.registry.hangUp(callID: "call"))
        await drain.value
        #expect(running.bench.ends.events.map(\.reason) == [.operatorHangup])
        await running.finish()
    }

    @Test("a second signal ends every call at once, and every end is stored before the registry returns")
    func endAllNow() async {
        let store = MemoryStore()
        for number in 0..<5 { try? await store.insert(CallBench.record("call\(number)")) }
        let bench = CallBench(store: store, ending: Gate(isOpen: false))
        let running = RunningRegistry(bench)
        var links: [FakeCarrierLink] = []
        for number in 0..<5 { links.append(await running.start(CallBench.record("call\(number)")).0) }
        let drain = Task { await running.registry.drain(deadline: .seconds(3600)) }
        while !running.registry.isDraining { await Task.yield() }
        await running.registry.endAllNow()
        for link in links { #expect(link.closes == [.close(1001, "draining")]) }
        await bench.ending.arrivals.wait(count: 5)
        await running.registry.shutdown()
        #expect(bench.ends.events.isEmpty)
        bench.ending.open()
        await running.running.value
        await drain.value
        #expect(bench.ends.events.map(\.reason) == Array(repeating: .drained, count: 5))
        #expect(Set(bench.ends.events.map(\.callID)).count == 5)
    }

    @Test("a registry that is shut down takes no call, and no end is cut off by it")
    func shutDown() async {
        let bench = CallBench(ending: Gate(isOpen: false))
        let running = RunningRegistry(bench)
        _ = await running.start()
        await running.registry.shutdown()
        #expect(await running.admit(CallBench.record("other")) == .refused(.draining))
        #expect(running.registry.activeCallCount == 1)
        #expect(await running.registry.hangUp(callID: "call"))
        await bench.ending.arrivals.wait(count: 1)
        bench.ending.open()
        await running.running.value
        #expect(bench.ends.events.map(\.reason) == [.operatorHangup])
    }
}
