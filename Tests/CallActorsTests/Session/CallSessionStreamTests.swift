import NIOCore
import Testing
import Wire

@testable import CallActors

/// Carrier streams come, go, and come back.
@Suite(.timeLimit(.minutes(1))) struct CallSessionStreamTests {
    @Test("a second stream takes the call over: the first is closed with superseded and no longer heard")
    func superseded() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        await call.hear(1...2)
        _ = await model.audio(count: 2)
        let second = FakeCarrierLink()
        await call.session.attach(second, format: .pcmu, callSID: nil)
        #expect(call.link.closes == [.close(1001, "superseded")])
        #expect(bench.metrics["rejected superseded"] == 1)
        // Late news of the first.
        await call.hear(90...99)
        await call.receive(.stop)
        await call.session.carrierLost(call.link.id)
        await call.session.receive(.media(payload: CallBench.frame(3)), from: second.id, readAt: .now)
        #expect(await model.audio(count: 3) == (1...3).map(CallBench.text))
        model.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 160))
        await second.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        #expect(call.link.audio.isEmpty)
        await call.session.receive(.stop, from: second.id, readAt: .now)
        #expect(try #require(await call.end()).reason == .callerHangup)
        #expect(bench.connector.links.events.count == 1, "the model stays")
    }

    @Test("a call whose stream was lost goes on when one comes back, from another loop too, with what waited")
    func resumed() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        await call.session.carrierLost(call.link.id)
        model.speak("r1", item: "a1", "Hello again", audio: Array(repeating: 1, count: 320))
        await bench.store.entries.wait { $0.contains { if case .turn = $0 { true } else { false } } }
        let other = try #require(CallBench.loops.last)
        let second = FakeCarrierLink()
        let session = call.session
        await Task(executorPreference: other.taskExecutor) {
            _ = await session.attach(second, format: .pcmu, callSID: nil)
        }.value
        await second.log.wait { $0.contains { if case .mark = $0 { true } else { false } } }
        #expect(second.audio.count == 320)
        let events = bench.store.events(of: "call")
        #expect(events.contains(.streamEnded(.streamLost)))
        #expect(events.count { if case .streamStarted = $0 { true } else { false } } == 2)
        await session.receive(.stop, from: second.id, readAt: .now)
        #expect(try #require(await call.end()).reason == .callerHangup)
        #expect(bench.connector.links.events.count == 1)
    }

    @Test("an answer that lost sound with its stream is not cut again long after it was over")
    func noLateCut() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 480))
        await call.link.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        await call.session.carrierLost(call.link.id)
        let second = FakeCarrierLink()
        await call.session.attach(second, format: .pcmu, callSID: nil)
        await call.turnLoop { $0.isSilent }
        model.hear("u1", "Hello?", until: .zero)
        await bench.store.entries.wait { $0.contains { if case .turn("u1", _, _) = $0 { true } else { false } } }
        #expect(!second.log.events.contains(.clear))
        await call.session.hangUp()
        _ = await call.end()
    }

    @Test("a call that nobody comes back to ends with why its stream went")
    func notResumed() async throws {
        let bench = CallBench { $0.resumeWithin = .milliseconds(30) }
        let (call, _) = await LiveCall.greeting(bench)
        await call.session.carrierLost(call.link.id)
        let end = try #require(await call.end())
        #expect(end.reason == .streamLost)
        #expect(bench.metrics["reaped stream_lost"] == 1)
    }

    @Test("a session that no stream ever comes to ends with what it was given to wait for")
    func neverAttached() async {
        let bench = CallBench { $0.resumeWithin = .milliseconds(20) }
        let session = CallSession(
            record: CallBench.record(),
            waitReason: .crashed,
            settings: bench.settings,
            ports: bench.ports,
            loop: bench.loop,
            logger: CallBench.logger
        )
        #expect(CallBench.reason(await session.run()) == .crashed)
        #expect(bench.connector.attempts.events.isEmpty, "no model for a call that nobody carries")
    }

    @Test("a stream on which nothing comes any more is closed as stale, and the call waits for the next")
    func stale() async throws {
        let bench = CallBench {
            $0.staleAfter = .milliseconds(40)
            $0.resumeWithin = .milliseconds(40)
        }
        let (call, _) = await LiveCall.greeting(bench)
        #expect(await call.link.closed() == .close(1001, "stale"))
        #expect(bench.metrics["reaped stale"] == 1)
        let end = try #require(await call.end())
        #expect(end.reason == .stale)
        #expect(bench.metrics["reaped stream_lost"] == 0)
    }

    @Test("messages of any kind keep a stream alive")
    func alive() async throws {
        let bench = CallBench { $0.staleAfter = .milliseconds(200) }
        let (call, _) = await LiveCall.greeting(bench)
        let start = ContinuousClock.now
        while start.duration(to: .now) < .milliseconds(500) {
            await call.receive(.mark(name: "x"))
            try await bench.loop.eventLoop.scheduleTask(in: .milliseconds(10)) {}.futureResult.get()
        }
        #expect(call.link.closes.isEmpty)
        await call.stop()
    }

    @Test("a stream for a call that is over is closed")
    func afterTheEnd() async {
        let (call, _) = await LiveCall.greeting()
        await call.stop()
        let late = FakeCarrierLink()
        await call.session.attach(late, format: .pcmu, callSID: nil)
        #expect(late.log.events == [.close(1000, "call over")])
    }
}
