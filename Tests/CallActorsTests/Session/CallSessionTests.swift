import Foundation
import NIOCore
import Testing
import Wire

@testable import CallActors

/// Whole calls on a real event loop, with everything around them faked.
@Suite(.timeLimit(.minutes(1))) struct CallSessionTests {
    @Test("a call from its first stream to its hang-up: greeted, heard, answered, kept, and over once")
    func wholeCall() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        guard case .configure(let settings)? = model.commands.first else {
            Issue.record("the session is configured first")
            return
        }
        #expect(settings.format == .pcmu)
        #expect(settings.instructions == "instructions")
        #expect(bench.connector.attempts.events == ["+15550100"])
        model.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 480))
        await call.link.log.wait { $0.contains { if case .mark = $0 { true } else { false } } }
        #expect(call.link.audio == Array(repeating: 1, count: 480))
        await call.hear(1...10)
        #expect(await model.audio(count: 10) == (1...10).map(CallBench.text))
        model.hear("u1", "Are you open?", until: .milliseconds(200), after: "a1")
        model.speak("r2", item: "a2", "We are.", audio: Array(repeating: 2, count: 100), after: "u1")
        await call.link.log.wait { $0.count { if case .audio = $0 { true } else { false } } >= 2 }
        #expect(call.link.audio.count == 640, "the last frame is padded")
        let end = try #require(await call.stop())
        #expect(end.reason == .callerHangup)
        #expect(end.transcript.map(\.content) == ["Hello", "Are you open?", "We are."])
        #expect(end.transcript.map(\.role) == [.assistant, .user, .assistant])
        #expect(end.modelWasReady && end.startedAt != nil && end.errorMessage == nil)
        #expect(call.link.closes == [.close(1000, "call over")])
        let journal = bench.store.events(of: "call")
        #expect(journal.count { if case .ended = $0 { true } else { false } } == 1)
        #expect(
            CallPast(journal: journal.map { JournalEntry(at: Date(), event: $0) }).turns.map(\.line) == end.transcript
        )
        #expect(bench.notices.events.first == .started)
        #expect(bench.notices.events.last == .ended(.callerHangup))
        #expect(bench.metrics["turns"] == 1)
        #expect(bench.metrics["connections model"] == 0)
        #expect(bench.metrics["frames to_model"] == 10)
    }

    @Test("what the caller says before the model is there is delivered in order once it is")
    func earlyAudio() async {
        let bench = CallBench(connector: FakeModelConnector([.silent]))
        let call = await LiveCall(bench)
        await call.hear(1...100)
        let model = await bench.connector.link()
        model.say(.sessionCreated(.none))
        #expect(await model.audio(count: 100) == (1...100).map(CallBench.text))
        await call.hear(101...103)
        #expect(await model.audio(count: 103).suffix(3) == (101...103).map(CallBench.text)[...])
        #expect(bench.metrics["dropped to_model not_connected"] == 0)
        await call.stop()
    }

    @Test("more than five seconds without a model give up the oldest audio, counted")
    func tooEarly() async {
        let bench = CallBench(connector: FakeModelConnector([.silent]))
        let call = await LiveCall(bench)
        await call.hear(1...300)
        let model = await bench.connector.link()
        model.say(.sessionCreated(.none))
        #expect(await model.audio(count: 250) == (51...300).map(CallBench.text))
        #expect(bench.metrics["dropped to_model not_connected"] == 50)
        await call.stop()
    }

    @Test("a model that confirms another format ends the call instead of sending noise")
    func wrongFormat() async throws {
        let bench = CallBench(connector: FakeModelConnector([.otherFormat(.l16(rate: 24_000))]))
        let call = await LiveCall(bench)
        let end = try #require(await call.end())
        #expect(end.reason == .modelFailed)
        #expect(!end.modelWasReady)
        #expect(end.errorMessage?.contains("format") == true)
        #expect(bench.metrics["errors model"] == 1)
    }

    @Test("L16 at 24 kHz goes through in its own frame sizes")
    func linear() async {
        let bench = CallBench()
        let call = await LiveCall(bench, format: .l16(rate: 24_000))
        let model = await bench.connector.link()
        await model.request("greeting")
        model.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 1000))
        await call.link.log.wait { $0.count { if case .audio = $0 { true } else { false } } >= 2 }
        #expect(call.link.audio == Array(repeating: 1, count: 1000) + Array(repeating: 0, count: 920))
        await call.stop()
    }

    @Test("all ends at once are one end")
    func oneEnd() async throws {
        for round in 0..<20 {
            let bench = CallBench()
            let (call, model) = await LiveCall.greeting(bench)
            let (session, id) = (call.session, call.link.id)
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await call.receive(.stop) }
                group.addTask { await session.hangUp() }
                group.addTask { await session.carrierLost(id) }
                group.addTask { await session.endNow(.drained) }
                group.addTask { await session.fail(carrier: "x") }
                group.addTask { model.drop() }
            }
            let end = try #require(await call.end())
            let ended = bench.store.events(of: "call").filter { if case .ended = $0 { true } else { false } }
            #expect(ended.count == 1, "round \(round)")
            #expect(bench.notices.events.count { if case .ended = $0 { true } else { false } } == 1)
            #expect(ended == [.ended(end.reason, errorMessage: end.errorMessage)])
        }
    }

    @Test("nothing is retained of a session that is over, and its sockets are closed")
    func nothingRetained() async {
        let bench = CallBench()
        weak var released: CallSession?
        do {
            let (call, model) = await LiveCall.greeting(bench)
            released = call.session
            model.say(
                .responseCreated(id: "r", metadata: [:]),
                .functionCall(
                    ModelFunctionCall(
                        responseID: "r",
                        itemID: "i",
                        callID: "c",
                        name: "consult_reasoner",
                        arguments: #"{"question":"q"}"#
                    )
                )
            )
            await bench.reasoner.questions.wait(count: 1)
            await call.receive(.dtmf(digit: "1"))
            await call.stop()
            await model.log.wait { $0.contains(.close) }
        }
        await bench.reasoner.cancellations.wait(count: 1)
        // What the loop still had to run holds it for as long as that takes.
        for _ in 0..<100 where released != nil { try? await bench.loop.eventLoop.submit {}.get() }
        #expect(released == nil)
    }

    @Test("an operator's hang-up ends a live call")
    func hangUp() async throws {
        let (call, _) = await LiveCall.greeting()
        await call.session.hangUp()
        #expect(try #require(await call.end()).reason == .operatorHangup)
        #expect(call.link.closes == [.close(1000, "call over")])
    }

    @Test("a call that reaches its limit says goodbye and ends once that was heard")
    func maxDuration() async throws {
        let bench = CallBench { $0.maxDuration = .milliseconds(20) }
        let call = await LiveCall(bench)
        let model = await bench.connector.link()
        await call.turnLoop { !$0.conversation.acceptsLimit }
        model.say(.responseCreated(id: "g", metadata: ["purpose": "greeting"]))
        await model.command { $0 == .cancelResponse(id: "g") }
        model.say(.responseDone(ModelResponseResult(id: "g", status: .cancelled)))
        await model.request("goodbye: time")
        model.speak("b", item: "a1", "I have to go. Goodbye.", audio: Array(repeating: 1, count: 320))
        let end = try #require(await call.end())
        #expect(end.reason == .maxDuration)
        #expect(end.transcript.map(\.content) == ["I have to go. Goodbye."])
        #expect(call.link.audio.count == 320)
    }

    @Test("a call at its limit with nobody to say goodbye ends at once")
    func maxDurationWithoutModel() async throws {
        let bench = CallBench(connector: FakeModelConnector([.silent])) { $0.maxDuration = .milliseconds(20) }
        let call = await LiveCall(bench)
        let end = try #require(await call.end())
        #expect(end.reason == .maxDuration)
        #expect(!end.modelWasReady)
    }

    @Test("a goodbye that plays is not cleared by a second limit")
    func secondLimit() async throws {
        let (call, model) = await LiveCall.greeting()
        await call.session.reachLimit(.maxDuration)
        model.say(
            .responseCreated(id: "old", metadata: [:]),
            .responseDone(ModelResponseResult(id: "old", status: .cancelled))
        )
        await model.request("goodbye: time")
        model.speak("b", item: "a1", "Goodbye.", audio: Array(repeating: 1, count: 1600))
        await call.link.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        await call.session.reachLimit(.drained)
        let end = try #require(await call.end())
        #expect(end.reason == .maxDuration)
        #expect(!call.link.log.events.contains(.clear))
        #expect(call.link.audio.count == 1600)
    }

    @Test("keys reach the model, nonsense is counted, and neither ends the call")
    func keysAndNonsense() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        await call.receive(.dtmf(digit: "5"))
        await model.command { if case .createItem(.message(_, .user, "[keypad: 5]")) = $0 { true } else { false } }
        model.sayNonsense()
        for event in [CarrierEvent.connected, .unknown(event: "x"), .mark(name: "foreign")] {
            await call.receive(event)
        }
        await call.receive(.media(payload: ByteBuffer()))
        let end = try #require(await call.stop())
        #expect(end.transcript.map(\.content) == ["[keypad: 5]"])
        #expect(bench.metrics["malformed model"] == 1)
        #expect(bench.store.events(of: "call").contains(.dtmf(digit: "5")))
    }

    @Test("what a call used is counted and kept")
    func usage() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        var usage = ModelUsage()
        usage.inputTokens = 100
        usage.outputTokens = 20
        usage.cachedTokens = 50
        for id in ["r1", "r2"] {
            model.say(
                .responseCreated(id: id, metadata: [:]),
                .responseDone(ModelResponseResult(id: id, status: .completed, usage: usage))
            )
        }
        await bench.store.entries.wait { $0.count { if case .usage = $0 { true } else { false } } == 2 }
        let end = try #require(await call.stop())
        #expect(end.usage.modelInputTokens == 200)
        #expect(end.usage.modelOutputTokens == 40)
        #expect(end.usage.modelCachedTokens == 100)
    }

    @Test("both sides are recorded, what was cleared is cut, and the recording is finished with the call")
    func recording() async throws {
        let bench = CallBench(isRecording: true)
        let (call, model) = await LiveCall.greeting(bench)
        await call.hear(1...3)
        model.say(
            .responseCreated(id: "r1", metadata: [:]),
            .audio(responseID: "r1", itemID: "a1", base64: Base64.encode(ByteBuffer(repeating: 1, count: 16_000)))
        )
        await bench.recording.wait { $0.contains { if case .assistant = $0 { true } else { false } } }
        model.say(.speechStarted(itemID: "u1", audioStart: .zero))
        await bench.recording.wait { $0.contains { if case .cut = $0 { true } else { false } } }
        let end = try #require(await call.stop())
        #expect(end.isRecorded)
        #expect(bench.recording.events.last == .finish)
        let caller = bench.recording.events.compactMap { if case .caller(let text, _) = $0 { text } else { nil } }
        #expect(caller == (1...3).map(CallBench.text))
    }
}
