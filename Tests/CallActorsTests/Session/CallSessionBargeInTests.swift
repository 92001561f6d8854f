import NIOCore
import Testing
import Wire

@testable import CallActors

@Suite(.timeLimit(.minutes(1))) struct CallSessionBargeInTests {
    private func audio(_ response: String, _ item: String, _ count: Int, byte: UInt8 = 1) -> ModelEvent {
        .audio(responseID: response, itemID: item, base64: Base64.encode(ByteBuffer(repeating: byte, count: count)))
    }

    private func commands(_ model: FakeModelLink) -> [ModelCommand] {
        model.commands.filter {
            switch $0 {
            case .truncate, .deleteItem: true
            default: false
            }
        }
    }

    @Test("a caller who speaks over an answer clears the carrier, and nothing of that answer comes after")
    func clears() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(
            .responseCreated(id: "r1", metadata: [:]),
            .itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: nil),
            .transcriptDelta(responseID: "r1", itemID: "a1", text: "one two three four"),
            self.audio("r1", "a1", 16_000)
        )
        await call.link.log.wait { $0.count { if case .audio = $0 { true } else { false } } >= 2 }
        model.say(
            .speechStarted(itemID: "u1", audioStart: .zero),
            self.audio("r1", "a1", 8000),
            .audioDone(responseID: "r1", itemID: "a1"),
            .responseDone(ModelResponseResult(id: "r1", status: .cancelled))
        )
        await model.command { if case .truncate = $0 { true } else { false } }
        let sent = call.link.audio.count
        #expect(call.link.log.events.count { $0 == .clear } == 1)
        guard case .truncate("a1", let end)? = self.commands(model).first else {
            Issue.record("not truncated")
            return
        }
        #expect(end > .zero && end <= AudioFormat.pcmu.duration(byteCount: sent))
        model.speak("r2", item: "a2", "Yes?", audio: Array(repeating: 2, count: 320))
        await call.link.log.wait { $0.contains { if case .audio(let bytes) = $0 { bytes.contains(2) } else { false } } }
        #expect(call.link.audioAfterClear.allSatisfy { $0 == 2 })
        #expect(bench.metrics["barge-ins"] == 1)
        #expect(bench.metrics["dropped to_carrier interrupted"] > 50)
        #expect(self.commands(model).count == 1)
        await call.stop()
    }

    @Test("an answer that was played to its end is neither cleared nor truncated")
    func heard() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.speak("r1", item: "a1", "Hi", audio: Array(repeating: 1, count: 160))
        await call.link.log.wait { $0.contains { if case .mark = $0 { true } else { false } } }
        // The mark comes back through the loop.
        await call.turnLoop { $0.isSilent }
        model.hear("u1", "Hello", until: .zero, after: "a1")
        await bench.store.entries.wait { $0.contains { if case .turn("u1", _, _) = $0 { true } else { false } } }
        #expect(!call.link.log.events.contains(.clear))
        #expect(self.commands(model).isEmpty)
        await call.stop()
    }

    @Test("audio waits while the carrier reads too slowly, nothing is lost, and what waits is not heard")
    func slowCarrier() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        call.link.isWritable = false
        model.speak("r1", item: "a1", "Hello there", audio: Array(repeating: 1, count: 1600))
        await bench.store.entries.wait { $0.contains { if case .turn = $0 { true } else { false } } }
        #expect(call.link.audio.isEmpty)
        #expect(await call.session.playout?.heard(itemID: "a1", at: .now) == .zero)
        call.link.isWritable = true
        await call.link.log.wait { events in
            events.reduce(0) { if case .audio(let bytes) = $1 { $0 + bytes.count } else { $0 } } >= 1600
        }
        #expect(call.link.audio.count == 1600)
        #expect(bench.metrics["dropped to_carrier overflow"] == 0)
        await call.stop()
    }

    @Test("a model that reads too slowly costs its own call audio, counted")
    func slowModel() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.isWritable = false
        await call.hear(1...5)
        while bench.metrics["dropped to_model overflow"] < 5, !Task.isCancelled {
            try? await bench.loop.eventLoop.submit {}.get()
        }
        model.isWritable = true
        await call.hear(6...7)
        #expect(await model.audio(count: 2) == (6...7).map(CallBench.text))
        await call.stop()
    }

    @Test("an answer that never ends waits in a bounded room: the oldest of it goes, counted")
    func bounded() async {
        let bench = CallBench { $0.playoutKept = .seconds(1) }
        let (call, model) = await LiveCall.greeting(bench)
        model.say([.responseCreated(id: "r1", metadata: [:])] + (0..<40).map { _ in self.audio("r1", "a1", 800) })
        while bench.metrics["dropped to_carrier overflow"] < 130, !Task.isCancelled {
            try? await bench.loop.eventLoop.submit {}.get()
        }
        #expect(await call.session.playout.map { $0.waitingBytes <= 8000 } == true)
        await call.stop()
    }

    @Test("broken audio of the model is counted and skipped")
    func brokenAudio() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(.audio(responseID: "r1", itemID: "a1", base64: ByteBuffer(string: "not base64!")))
        model.speak("r1", item: "a1", "Hi", audio: Array(repeating: 1, count: 160))
        await call.link.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        #expect(bench.metrics["malformed model"] == 1)
        await call.stop()
    }
}
