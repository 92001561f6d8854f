import Foundation
import NIOCore
import Testing
import Wire

@testable import CallActors

@Suite(.timeLimit(.minutes(1))) struct CallSessionOutboundTests {
    /// A response that calls one tool, without a word.
    private func tool(_ name: String, _ arguments: String, in response: String = "r1") -> [ModelEvent] {
        [
            .responseCreated(id: response, metadata: [:]),
            .functionCall(
                ModelFunctionCall(
                    responseID: response,
                    itemID: "item_\(response)",
                    callID: "c_\(response)",
                    name: name,
                    arguments: arguments
                )
            ),
            .responseDone(ModelResponseResult(id: response, status: .completed)),
        ]
    }

    /// The greeting is over.
    private func greeted(_ model: FakeModelLink) {
        model.say(
            .responseCreated(id: "g", metadata: ["purpose": "greeting"]),
            .responseDone(ModelResponseResult(id: "g", status: .completed))
        )
    }

    /// A call that is in the hands of a person.
    private func handedOver(_ bench: CallBench) async -> LiveCall {
        let (call, model) = await LiveCall.greeting(bench)
        self.greeted(model)
        model.say(self.tool("transfer_call", #"{"reason":"a person"}"#))
        await model.request("announce")
        model.say(
            .responseCreated(id: "r2", metadata: ["purpose": "transfer"]),
            .responseDone(ModelResponseResult(id: "r2", status: .completed))
        )
        await bench.carrier?.log.wait(count: 1)
        await call.receive(.stop)
        return call
    }

    @Test("a transfer redirects the call; the stream's end is not the call's, and no time limit runs for it")
    func transfer() async throws {
        let carrier = FakeCarrierControl()
        let bench = CallBench(carrier: carrier) { $0.resumeWithin = .milliseconds(1) }
        let call = await self.handedOver(bench)
        #expect(carrier.log.events == [.redirect("CA1", to: "https://router/call/transfer")])
        #expect(await call.session.transferTarget == "+15550001111")
        #expect(await call.session.timers[.resume] == nil)
        #expect(await call.session.timers[.maxDuration] == nil)
        #expect(call.link.closes == [.close(1000, "redirected")])
        #expect(bench.store.events(of: "call").contains(.transferStarted(to: "+15550001111")))
        await call.session.transferEnded(answered: true)
        #expect(try #require(await call.end()).reason == .transferred)
    }

    @Test("when nobody answers, the call comes back on a new stream and a new model session says so")
    func unanswered() async throws {
        let bench = CallBench(carrier: FakeCarrierControl())
        let call = await self.handedOver(bench)
        await call.session.transferEnded(answered: false)
        let link = FakeCarrierLink()
        await call.session.attach(link, format: .pcmu, callSID: "CA1")
        let model = await bench.connector.link(1)
        await model.request("nobody answered")
        #expect(await call.session.timers[.maxDuration] != nil)
        await call.session.receive(.stop, from: link.id, readAt: .now)
        #expect(try #require(await call.end()).reason == .callerHangup)
    }

    @Test("a stream that comes back without a word about the dialled leg takes the call back too")
    func comesBack() async {
        let bench = CallBench(carrier: FakeCarrierControl())
        let call = await self.handedOver(bench)
        await call.session.attach(FakeCarrierLink(), format: .pcmu, callSID: "CA1")
        #expect(await call.session.transferTarget == nil)
        await bench.connector.link(1).request("nobody answered")
        await call.session.endNow(.drained)
        _ = await call.end()
    }

    @Test("a carrier that refuses the transfer leaves the call with the model")
    func refused() async throws {
        let bench = CallBench(carrier: FakeCarrierControl(failure: .rejected(status: 400, code: "21220")))
        let (call, model) = await LiveCall.greeting(bench)
        self.greeted(model)
        model.say(self.tool("transfer_call", #"{"reason":"a person"}"#))
        await model.request("announce")
        model.say(
            .responseCreated(id: "r2", metadata: ["purpose": "transfer"]),
            .responseDone(ModelResponseResult(id: "r2", status: .completed))
        )
        await model.request("nobody answered")
        #expect(await call.session.transferTarget == nil)
        #expect(try #require(await call.stop()).reason == .callerHangup)
    }

    @Test("a drain leaves two people talking: only our part of the call ends")
    func drained() async throws {
        let bench = CallBench(carrier: FakeCarrierControl())
        let call = await self.handedOver(bench)
        await call.session.reachLimit(.drained)
        #expect(try #require(await call.end()).reason == .transferred)
    }

    @Test("without a carrier account there is no transfer")
    func noAccount() async {
        let (call, model) = await LiveCall.greeting()
        self.greeted(model)
        #expect(await call.session.transfer(to: "+15550001111") == false)
        await call.stop()
    }

    @Test("a call that was in a person's hands when its process died waits for the end of that, not for a stream")
    func recovered() async throws {
        let bench = CallBench(carrier: FakeCarrierControl()) { $0.resumeWithin = .milliseconds(1) }
        var past = CallPast(modelWasReady: true)
        past.transferTarget = "+15550001111"
        let session = bench.session(past: past)
        let running = Task { await session.run() }
        while await session.timers[.transfer] == nil { await Task.yield() }
        #expect(await session.timers[.resume] == nil)
        await session.transferEnded(answered: true)
        #expect(CallBench.reason(await running.value) == .transferred)
    }

    @Test("keys go out one by one on a stream that carries them")
    func keypad() async {
        let bench = CallBench(carrier: FakeCarrierControl())
        let (call, model) = await LiveCall.greeting(bench)
        model.say(self.tool("send_keypad", #"{"digits":"5#"}"#))
        _ = await call.link.log.first { $0 == .dtmf("#") }
        #expect(call.link.log.events.filter { if case .dtmf = $0 { true } else { false } } == [.dtmf("5"), .dtmf("#")])
        await call.stop()
    }

    @Test("keys that the stream cannot carry are played by a document, after which the stream comes back")
    func keypadByDocument() async throws {
        let carrier = FakeCarrierControl(sendsDigitsOnStream: false)
        let bench = CallBench(carrier: carrier)
        let (call, model) = await LiveCall.greeting(bench)
        model.say(self.tool("send_keypad", #"{"digits":"5#"}"#))
        await carrier.log.wait(count: 1)
        #expect(carrier.log.events == [.redirect("CA1", to: #"https://router/call/digits("5#")"#)])
        await call.receive(.stop)
        #expect(await !call.session.isOver)
        let link = FakeCarrierLink()
        await call.session.attach(link, format: .pcmu, callSID: "CA1")
        await call.session.receive(.stop, from: link.id, readAt: .now)
        #expect(try #require(await call.end()).reason == .callerHangup)
    }

    @Test("a call in which somebody opts out does not end before that is written")
    func optOut() async throws {
        let gate = Gate(isOpen: false)
        let bench = CallBench(optingOut: gate)
        let (call, model) = await LiveCall.greeting(bench)
        self.greeted(model)
        model.hear("u1", "Never call me again.", until: .zero)
        model.say(
            [
                .responseCreated(id: "r1", metadata: [:]),
                .itemAdded(ModelItem(id: "a1", kind: .message(role: .assistant)), previousItemID: nil),
                .transcriptDone(responseID: "r1", itemID: "a1", text: "Goodbye!"),
                .audio(responseID: "r1", itemID: "a1", base64: Base64.encode(ByteBuffer(repeating: 1, count: 160))),
                .audioDone(responseID: "r1", itemID: "a1"),
            ] + self.tool("end_call", #"{"reason":"do_not_call"}"#).dropFirst()
        )
        await gate.arrivals.wait(count: 1)
        await call.turnLoop { $0.endAfterOptOut != nil }
        #expect(await !call.session.isOver)
        #expect(call.link.closes.isEmpty)
        gate.open()
        #expect(try #require(await call.end()).reason == .optedOut)
        #expect(bench.optOuts.events == ["+15550100"], "the caller's number")
        #expect(bench.store.events(of: "call").contains(.optedOut(number: "+15550100")))
    }

    @Test("a callback is ordered for the far party, and the model hears what became of it")
    func callback() async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        self.greeted(model)
        model.say(self.tool("schedule_callback", #"{"at":"2099-01-31T09:30:00-05:00","note":"roof"}"#))
        await model.request(nil)
        #expect(bench.callbacks.events == ["+15550100 roof"])
        #expect(model.items.contains { $0.contains("scheduled") && $0.contains("2099-01-31T14:30:00Z") })
        await call.stop()
    }

    @Test("a callback in the past, or refused, is not promised", arguments: ["2001-01-01T00:00:00Z", "tomorrow"])
    func noCallback(at: String) async {
        let bench = CallBench()
        let (call, model) = await LiveCall.greeting(bench)
        self.greeted(model)
        model.say(self.tool("schedule_callback", #"{"at":"\#(at)","note":"roof"}"#))
        await model.request(nil)
        #expect(bench.callbacks.events.isEmpty)
        #expect(model.items.contains { $0.contains("not done") })
        await call.stop()
    }

    @Test("a call that has cost what it may ends with a goodbye")
    func cost() async throws {
        let bench = CallBench { $0.maxCostUSD = 10 }
        let (call, model) = await LiveCall.greeting(bench)
        var usage = ModelUsage()
        usage.outputAudioTokens = 6
        model.say(
            .responseCreated(id: "g", metadata: ["purpose": "greeting"]),
            .responseDone(ModelResponseResult(id: "g", status: .completed, usage: usage)),
            .responseCreated(id: "r1", metadata: [:]),
            .responseDone(ModelResponseResult(id: "r1", status: .completed, usage: usage))
        )
        await call.turnLoop { $0.conversation.phase == .sayingGoodbye(.maxCost, isSaid: false) }
        model.say(
            .responseCreated(id: "bye", metadata: ["purpose": "goodbye"]),
            .responseDone(ModelResponseResult(id: "bye", status: .completed))
        )
        #expect(try #require(await call.end()).reason == .maxCost)
    }
}
