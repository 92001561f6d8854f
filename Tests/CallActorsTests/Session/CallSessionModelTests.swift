import Foundation
import NIOCore
import Testing
import Wire

@testable import CallActors

/// The voice model is lost, refused, slow, or replaced.
@Suite(.timeLimit(.minutes(1))) struct CallSessionModelTests {
    @Test("a lost model is replaced: the next one is told the conversation and hears again what was not committed")
    func replaced() async throws {
        let bench = CallBench()
        let (call, first) = await LiveCall.greeting(bench)
        first.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 160))
        await call.hear(1...50)
        _ = await first.audio(count: 50)
        first.hear("u1", "Are you open?", until: .milliseconds(600), after: "a1")
        first.speak("r2", item: "a2", "We are.", audio: Array(repeating: 2, count: 160), after: "u1")
        await bench.store.entries.wait { $0.contains { if case .turn("a2", _, _) = $0 { true } else { false } } }
        first.drop(code: 1006)
        await call.hear(51...60)
        let second = await bench.connector.link(1)
        #expect(await second.audio(count: 30) == (31...60).map(CallBench.text))
        #expect(
            second.items == [
                "system: what was said before", "assistant: Hello", "user: Are you open?", "assistant: We are.",
            ]
        )
        #expect(bench.metrics["replayed"] == 20)
        #expect(bench.metrics["restarted model"] == 1)
        second.hear("u2", "Good.", until: .milliseconds(600))
        second.speak("r1", item: "a1", "Anything else?", audio: Array(repeating: 3, count: 160), after: "u2")
        await call.link.log.wait { $0.contains { if case .audio(let bytes) = $0 { bytes.contains(3) } else { false } } }
        let end = try #require(await call.stop())
        #expect(end.transcript.map(\.content) == ["Hello", "Are you open?", "We are.", "Good.", "Anything else?"])
        #expect(bench.store.events(of: "call").contains { if case .modelLost = $0 { true } else { false } })
    }

    @Test("what was received of a lost answer is still played, and the rest is asked for")
    func restPlayed() async {
        let bench = CallBench()
        let (call, first) = await LiveCall.greeting(bench)
        first.say(
            .responseCreated(id: "r1", metadata: [:]),
            .itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: nil),
            .transcriptDelta(responseID: "r1", itemID: "a1", text: "We are open from"),
            .audio(responseID: "r1", itemID: "a1", base64: Base64.encode(ByteBuffer(repeating: 1, count: 500)))
        )
        await call.link.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        first.drop()
        let second = await bench.connector.link(1)
        await second.request(nil)
        #expect(second.items == ["system: what was said before", "assistant: We are open from"])
        #expect(call.link.audio.count == 640, "the last frame of what is there is padded")
        await call.stop()
    }

    @Test("news of a socket that the call has given up is no news")
    func lateNews() async throws {
        let bench = CallBench { $0.modelSetUpWithin = .milliseconds(30) }
        let connector = FakeModelConnector([.silent])
        let slow = CallBench(connector: connector) { $0 = bench.settings }
        let call = await LiveCall(slow)
        let first = await connector.link()
        let second = await connector.link(1)
        await second.request("greeting")
        first.speak("late", item: "late", "Too late", audio: Array(repeating: 9, count: 160))
        second.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 160))
        await call.link.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        let end = try #require(await call.stop())
        #expect(end.transcript.map(\.content) == ["Hello"])
        #expect(!call.link.audio.contains(9))
        #expect(first.log.events.contains(.close))
    }

    @Test("an attempt that fails is tried again while the caller waits, and their audio with them")
    func triedAgain() async {
        let failures: [FakeModelConnector.Behaviour] = [
            .failure(.timedOut), .failure(.unreachable("x")), .failure(.refused(status: 503)),
        ]
        let bench = CallBench(connector: FakeModelConnector(failures))
        let call = await LiveCall(bench)
        await call.hear(1...20)
        let model = await bench.connector.link()
        #expect(await model.audio(count: 20) == (1...20).map(CallBench.text))
        #expect(bench.connector.attempts.events.count == 4)
        #expect(bench.metrics["restarted model"] == 0, "no session was lost")
        await call.stop()
    }

    @Test("a key or a model's name that is refused ends the call at once", arguments: [401, 403, 404])
    func refused(status: Int) async throws {
        let bench = CallBench(connector: FakeModelConnector([.failure(.refused(status: status))]))
        let call = await LiveCall(bench)
        let end = try #require(await call.end())
        #expect(end.reason == .modelFailed)
        #expect(!end.modelWasReady)
        #expect(bench.connector.attempts.events.count == 1)
    }

    @Test("a session that the model refuses for good ends the call, which came to a talk")
    func fatalError() async throws {
        let (call, model) = await LiveCall.greeting()
        model.say(.error(ModelErrorInfo(type: nil, code: "insufficient_quota", message: "secret words")))
        let end = try #require(await call.end())
        #expect(end.reason == .modelFailed)
        #expect(end.modelWasReady)
        #expect(end.errorMessage?.contains("insufficient_quota") == true)
        #expect(end.errorMessage?.contains("secret words") == false)
    }

    @Test("a session near its end is replaced at a quiet moment, without a word lost or said twice")
    func rolledOver() async throws {
        let bench = CallBench { $0.modelSessionLength = .milliseconds(80) }
        let (call, first) = await LiveCall.greeting(bench)
        first.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 160))
        await call.hear(1...5)
        let second = await bench.connector.link(1)
        await second.command { if case .createItem(.message(_, .assistant, "Hello")) = $0 { true } else { false } }
        #expect(await second.audio(count: 5) == (1...5).map(CallBench.text))
        #expect(!second.commands.contains { if case .createResponse = $0 { true } else { false } })
        #expect(bench.metrics["restarted model"] == 0)
        let end = try #require(await call.stop())
        #expect(end.transcript.map(\.content) == ["Hello"])
    }

    @Test("a stream in another format gets another model session, and two such changes at once do no harm")
    func otherFormat() async {
        let bench = CallBench()
        let (call, first) = await LiveCall.greeting(bench)
        let links = (FakeCarrierLink(), FakeCarrierLink())
        let session = call.session
        bench.loop.eventLoop.execute {
            session.assumeIsolated { session in
                session.attach(links.0, format: .l16(rate: 24_000), callSID: nil)
                session.attach(links.1, format: .pcmu, callSID: nil)
            }
        }
        await first.log.wait { $0.contains(.close) }
        await links.1.log.wait(count: 1)
        await session.receive(.media(payload: CallBench.frame(1)), from: links.1.id, readAt: .now)
        let last = await bench.connector.link(1)
        #expect(await last.audio(count: 1) == [CallBench.text(1)])
        await last.request("greeting")
        last.speak("r1", item: "a1", "Hello", audio: Array(repeating: 1, count: 160))
        await links.1.log.wait { $0.contains { if case .audio = $0 { true } else { false } } }
        #expect(links.0.closes == [.close(1001, "superseded")])
        await session.hangUp()
        _ = await call.end()
    }

    @Test("the caller's last words are waited for, but not answered")
    func lastWords() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(.speechStarted(itemID: "u1", audioStart: .zero))
        await call.turnLoop { $0.conversation.callerIsSpeaking }
        await call.receive(.stop)
        await model.command { $0 == .commitAudio }
        #expect(call.link.closes.count == 1, "the stream does not wait")
        model.say(
            .committed(itemID: "u1", previousItemID: nil),
            .responseCreated(id: "r1", metadata: [:]),
            .callerTranscript(itemID: "u1", text: "Good bye", usage: nil)
        )
        let end = try #require(await call.end())
        #expect(end.transcript.map(\.content) == ["Good bye"])
        #expect(model.commands.contains(.cancelResponse(id: "r1")))
        #expect(bench.metrics["connections model"] == 0)
    }

    @Test("an order to end at once does not wait for last words, nor does a lost model")
    func noLastWords() async throws {
        for isDropped in [true, false] {
            let bench = CallBench()
            let (call, model) = await LiveCall.greeting(bench)
            model.say(.speechStarted(itemID: "u1", audioStart: .zero))
            await call.turnLoop { $0.conversation.callerIsSpeaking }
            await call.receive(.stop)
            if isDropped { model.drop() } else { await call.session.endNow(.drained) }
            #expect(try #require(await call.end()).reason == .callerHangup)
        }
    }
}
