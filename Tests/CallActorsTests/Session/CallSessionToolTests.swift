import NIOCore
import Testing
import Wire

@testable import CallActors

@Suite(.timeLimit(.minutes(1))) struct CallSessionToolTests {
    private func consult(_ question: String, id: String = "c", in response: String = "r1") -> [ModelEvent] {
        [
            .responseCreated(id: response, metadata: [:]),
            .functionCall(
                ModelFunctionCall(
                    responseID: response,
                    itemID: "item_\(id)",
                    callID: id,
                    name: "consult_reasoner",
                    arguments: #"{"situation":"s","question":"\#(question)"}"#
                )
            ),
            .responseDone(ModelResponseResult(id: response, status: .completed)),
        ]
    }

    @Test("a consultation is answered to the model, with what the caller said in its question")
    func consulted() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.hear("u1", "May we?", until: .zero)
        model.say(self.consult("q"))
        await bench.reasoner.questions.wait(count: 1)
        let question = try #require(bench.reasoner.questions.events.first)
        #expect(question.situation == "s" && question.callID == "call")
        #expect(question.turns.map(\.content) == ["May we?"])
        bench.reasoner.answer("q", "yes")
        await model.request(nil)
        #expect(model.items.contains(#"output c: {"advice":"yes"}"#))
        let end = try #require(await call.stop())
        #expect(end.usage.claudeInputTokens == 10 && end.usage.claudeOutputTokens == 5)
        #expect(bench.metrics["reasoning"] == 1)
    }

    @Test("a consultation that fails falls back at once to the stated answer")
    func fallback() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(self.consult("q"))
        await bench.reasoner.questions.wait(count: 1)
        bench.reasoner.fail("q", .overloaded(status: 529, retryAfter: nil))
        await model.request(nil)
        #expect(model.items.contains(#"output c: {"advice":"nobody knows"}"#))
        #expect(bench.metrics["reasoning fallbacks"] == 1)
        #expect(bench.metrics["errors reasoning"] == 1)
        await call.stop()
    }

    @Test(
        "a caller who speaks withdraws the question: it is cancelled, answered as withdrawn, and nothing is said of it"
    )
    func withdrawn() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(self.consult("q"))
        await bench.reasoner.questions.wait(count: 1)
        model.say(.speechStarted(itemID: "u1", audioStart: .zero))
        await bench.reasoner.cancellations.wait(count: 1)
        await model.command {
            $0 == .createItem(.functionCallOutput(id: "out_1_1", callID: "c", output: "consultation withdrawn"))
        }
        bench.reasoner.answer("q", "too late")
        await call.stop()
        #expect(model.items.count { $0.hasPrefix("output c") } == 1)
        #expect(
            !model.commands.contains {
                if case .createResponse(let request) = $0 { request.instructions == nil } else { false }
            }
        )
        #expect(bench.metrics["reasoning"] == 0 && bench.metrics["reasoning fallbacks"] == 0)
    }

    @Test("a call that ends gives up its questions")
    func endCancels() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(self.consult("a", id: "a", in: "r1") + self.consult("b", id: "b", in: "r2"))
        await bench.reasoner.questions.wait(count: 2)
        await call.stop()
        #expect(Set(bench.reasoner.cancellations.events) == ["a", "b"])
    }

    @Test("a model that hangs up ends the call once its goodbye was heard")
    func endCall() async throws {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(
            .responseCreated(id: "r1", metadata: [:]),
            .itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: nil),
            .transcriptDone(responseID: "r1", itemID: "a1", text: "Goodbye!"),
            .audio(responseID: "r1", itemID: "a1", base64: Base64.encode(ByteBuffer(repeating: 1, count: 1600))),
            .audioDone(responseID: "r1", itemID: "a1"),
            .functionCall(
                ModelFunctionCall(
                    responseID: "r1",
                    itemID: "f1",
                    callID: "c",
                    name: "end_call",
                    arguments: #"{"reason":"do_not_call"}"#
                )
            ),
            .responseDone(ModelResponseResult(id: "r1", status: .completed))
        )
        let end = try #require(await call.end())
        #expect(end.reason == .optedOut)
        #expect(call.link.audio.count == 1600, "all of it was sent")
        #expect(end.transcript.map(\.interrupted) == [false])
    }

    @Test("a model that floods a call with orders fails its session, not the process: the stream is kept for the next")
    func overflow() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        model.say(
            [.responseCreated(id: "r1", metadata: [:])]
                + (0..<100).map { number in
                    .functionCall(
                        ModelFunctionCall(
                            responseID: "r1",
                            itemID: "f\(number)",
                            callID: "c\(number)",
                            name: "consult_reasoner",
                            arguments: "{}"
                        )
                    )
                }
        )
        guard case .failed(.workOverflow, let link?, .pcmu?) = await call.running.value else {
            Issue.record("the session did not fail with its stream")
            return
        }
        #expect(link.id == call.link.id)
        #expect(call.link.closes.isEmpty)
        #expect(!bench.store.events(of: "call").contains { if case .ended = $0 { true } else { false } })
        #expect(await call.session.attach(FakeCarrierLink(), format: .pcmu, callSID: nil) == false)
        #expect(await call.session.timers.isEmpty)
    }
}
