import Foundation
import NIOCore
import StandIns
import Testing
import Wire

@testable import CallActors

/// Mailboxes on a real event loop: the far end's audio goes in frame by frame, the message comes out.
@Suite(.timeLimit(.minutes(1))) struct CallSessionVoicemailTests {
    private static func outbound() -> CallRecord { CallBench.record(direction: .outbound) }

    private func called(_ bench: CallBench = CallBench()) async -> (LiveCall, FakeModelLink) {
        let call = await LiveCall(bench, record: Self.outbound())
        let model = await bench.connector.link()
        await model.request("greeting")
        return (call, model)
    }

    /// Feeds a line in frames of 20 ms; returns the number of frames after which audio had left, nil if none did.
    @discardableResult
    private func feed(_ line: LineBuilder, to call: LiveCall) async -> Int? {
        var audio = line.muLaw
        var count = 0
        var first: Int?
        while let frame = audio.readSlice(length: 160) {
            await call.receive(.media(payload: Base64.encode(frame)))
            // The carrier task runs on the same loop: one turn lets it write.
            for _ in 0..<3 { try? await call.session.loop.eventLoop.submit {}.get() }
            count += 1
            if first == nil, !call.link.audio.isEmpty { first = count }
        }
        return first
    }

    private func produce(_ model: FakeModelLink, byteCount: Int = 1600, isWhole: Bool = true) {
        let audio = ByteBuffer(repeating: 7, count: byteCount)
        model.say([
            .responseCreated(id: "vm", metadata: ["purpose": "voicemail"]),
            .transcriptDelta(responseID: "vm", itemID: "x", text: "Please call us back."),
            .audio(responseID: "vm", itemID: "x", base64: Base64.encode(audio)),
        ])
        if isWhole { model.say(.responseDone(ModelResponseResult(id: "vm", status: .completed))) }
    }

    private func greeting() -> LineBuilder {
        var line = LineBuilder()
        line.silence(500)
        line.speech(.machineGreeting)
        line.silence(400)
        return line
    }

    private func wasFound(_ events: [JournalEntry.Event]) -> Bool {
        events.contains { if case .mailboxFound = $0 { true } else { false } }
    }

    @Test(
        "greeting and beep: the message starts within 300 ms of audio after the beep, is heard whole, and the call ends"
    )
    func message() async throws {
        let bench = CallBench()
        let (call, model) = await self.called(bench)
        await self.feed(self.greeting(), to: call)
        await model.command { if case .createResponse(let request) = $0 { request.outOfBand } else { false } }
        self.produce(model)
        await call.turnLoop { $0.voicemail.isWhole }
        #expect(call.link.audio.isEmpty, "nothing is played before the beep")
        var beep = LineBuilder()
        beep.silence(400)
        beep.tone(1000, 300)
        #expect(await self.feed(beep, to: call) == nil)
        var after = LineBuilder()
        after.silence(1000)
        let frames = try #require(await self.feed(after, to: call))
        #expect(frames <= 15, "300 ms are 15 frames")
        #expect(frames >= 5, "100 ms confirm the beep")
        let end = try #require(await call.end())
        #expect(end.reason == .voicemail && end.errorMessage == nil)
        #expect(call.link.audio == Array(repeating: 7, count: 1600))
        #expect(end.transcript.map(\.content) == ["Please call us back."])
        #expect(end.transcript.first?.role == .assistant && end.transcript.first?.interrupted == false)
        let journal = bench.store.events(of: "call")
        #expect(self.wasFound(journal))
        #expect(CallPast(journal: journal.map { JournalEntry(at: Date(), event: $0) }).mailboxWasFound)
        #expect(model.commands.contains(.setTurnDetection(enabled: false)))
    }

    @Test("what the AI was saying is cleared at once when the mailbox is found, and truncated where it was heard")
    func silenced() async throws {
        let (call, model) = await self.called()
        model.say(
            .responseCreated(id: "r1", metadata: [:]),
            .itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: nil),
            .transcriptDelta(responseID: "r1", itemID: "a1", text: "one two three four"),
            .audio(responseID: "r1", itemID: "a1", base64: Base64.encode(ByteBuffer(repeating: 1, count: 16_000)))
        )
        await call.link.log.wait { $0.count { if case .audio = $0 { true } else { false } } >= 2 }
        await call.session.detected(.machineEndBeep)
        #expect(call.link.log.events.contains(.clear))
        #expect(model.commands.contains(.cancelResponse(id: "r1")))
        #expect(model.commands.contains { if case .truncate("a1", _) = $0 { true } else { false } })
        // Late sound of it, and speech that the model still reports, change nothing.
        let sent = call.link.audio.count
        model.say(
            .audio(responseID: "r1", itemID: "a1", base64: Base64.encode(ByteBuffer(repeating: 1, count: 8000))),
            .speechStarted(itemID: "u1", audioStart: .zero)
        )
        self.produce(model)
        let end = try #require(await call.end())
        #expect(end.reason == .voicemail)
        #expect(Array(call.link.audio.dropFirst(sent)) == Array(repeating: 7, count: 1600))
        #expect(call.link.log.events.count { $0 == .clear } == 1)
    }

    @Test("speech over the message stops it; after the next beep it starts from its beginning")
    func again() async throws {
        let bench = CallBench()
        let (call, model) = await self.called(bench)
        await call.session.detected(.machineStart)
        self.produce(model, byteCount: 24_000)
        await call.turnLoop { $0.voicemail.isWhole }
        var line = self.greeting()
        line.silence(300)
        line.tone(1000, 300)
        line.silence(200)
        await self.feed(line, to: call)
        #expect(!call.link.audio.isEmpty, "it starts")
        var more = LineBuilder()
        more.speech(.callerTellMore)
        await self.feed(more, to: call)
        #expect(call.link.log.events.contains(.clear))
        #expect(call.link.audioAfterClear.isEmpty)
        var second = LineBuilder()
        second.silence(400)
        second.tone(850, 250)
        second.silence(300)
        await self.feed(second, to: call)
        let end = try #require(await call.end())
        #expect(end.reason == .voicemail)
        #expect(call.link.audioAfterClear == Array(repeating: 7, count: 24_000))
        #expect(end.transcript.last?.content == "Please call us back.")
    }

    @Test("a person who answers is not listened to any longer, and costs no message")
    func person() async throws {
        let (call, model) = await self.called()
        await call.session.detected(.human)
        model.speak("r1", item: "a1", "Hello, is this Mr Miller?", audio: Array(repeating: 1, count: 160))
        model.hear("u1", "Yes, speaking.", until: .zero, after: "a1")
        await call.turnLoop { !$0.conversation.listensToLine }
        #expect(await call.session.voicemail.ear == nil)
        #expect(
            !model.commands.contains { if case .createResponse(let request) = $0 { request.outOfBand } else { false } }
        )
        #expect(try #require(await call.stop()).reason == .callerHangup)
    }

    @Test("a mailbox that hangs up in the middle of the message: voicemail, with as much of it as was heard")
    func hangsUp() async throws {
        let bench = CallBench()
        let (call, model) = await self.called(bench)
        await call.session.detected(.machineEndBeep)
        self.produce(model, byteCount: 80_000)
        await call.link.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        let end = try #require(await call.stop())
        #expect(end.reason == .voicemail)
        #expect(end.transcript.allSatisfy { $0.role == .assistant && $0.interrupted })
    }

    @Test("a model that is lost for good: the kept message is left; without one the call ends and says so")
    func modelLost() async throws {
        for isKept in [true, false] {
            let bench = CallBench()
            let (call, model) = await self.called(bench)
            await call.session.detected(.machineEndOther)
            if isKept {
                self.produce(model)
                await call.turnLoop { $0.voicemail.isWhole }
            }
            await self.feed(self.greeting(), to: call)
            #expect(self.wasFound(bench.store.events(of: "call")))
            model.say(
                .error(ModelErrorInfo(type: "invalid_request_error", code: "insufficient_quota", message: ""))
            )
            let end = try #require(await call.end())
            #expect(end.reason == .voicemail)
            #expect((end.errorMessage == nil) == isKept)
            #expect(call.link.audio == Array(repeating: 7, count: isKept ? 1600 : 0))
        }
    }

    @Test("a session that was restarted on a mailbox leaves the message there")
    func restarted() async throws {
        let bench = CallBench()
        let past = CallPast(journal: [JournalEntry(at: Date(), event: .mailboxFound(witness: "beep"))])
        let call = await LiveCall(bench, record: Self.outbound(), past: past)
        let model = await bench.connector.link()
        await model.request("voicemail message")
        self.produce(model)
        await call.turnLoop { $0.voicemail.isWhole }
        var beep = LineBuilder()
        beep.silence(100)
        beep.tone(1000, 300)
        beep.silence(300)
        await self.feed(beep, to: call)
        #expect(try #require(await call.end()).reason == .voicemail)
        #expect(call.link.audio == Array(repeating: 7, count: 1600))
        #expect(
            !model.commands.contains { if case .createResponse(let request) = $0 { !request.outOfBand } else { false } }
        )
    }

    @Test("inbound calls are not listened to")
    func inbound() async {
        let (call, _) = await LiveCall.greeting()
        await call.session.detected(.machineEndBeep)
        await call.hear(1...20)
        #expect(await call.session.voicemail.ear == nil)
        #expect(await !call.session.conversation.isLeavingMessage)
        await call.stop()
    }
}
