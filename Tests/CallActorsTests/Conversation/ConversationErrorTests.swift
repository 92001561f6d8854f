import Testing
import Wire

@testable import CallActors

@Suite struct ConversationErrorTests {
    private func error(_ code: String?, type: String? = nil, eventID: String? = nil) -> ModelEvent {
        .error(ModelErrorInfo(type: type, code: code, message: "", eventID: eventID))
    }

    @Test(
        "harmless errors change nothing",
        arguments: [
            "response_cancel_not_active", "input_audio_buffer_commit_empty", "invalid_value",
            "unsupported_content_type",
            "server_error", "rate_limit_exceeded", "something_new", nil,
        ]
    )
    func harmless(code: String?) {
        var talk = Talk.greeted()
        talk.create("r1")
        #expect(talk.model(self.error(code)).isEmpty)
        #expect(talk.conversation.phase == .talking)
        #expect(talk.conversation.slot.activeID == "r1")
    }

    @Test(
        "errors that no retry can help give the model up",
        arguments: [
            "invalid_api_key", "model_not_found", "insufficient_quota", "beta_api_shape_disabled",
        ]
    )
    func fatal(code: String) {
        var talk = Talk.greeted()
        #expect(talk.model(self.error(code)) == [.modelFailed(code: code)])
    }

    @Test("a response that failed for such a reason does too")
    func fatalResponse() {
        var talk = Talk.greeted()
        talk.create("r1")
        let error = ModelErrorInfo(type: nil, code: "insufficient_quota", message: "")
        #expect(talk.done("r1", .failed, error: error).contains(.modelFailed(code: "insufficient_quota")))
    }

    @Test("a request that is refused for good makes room for the next one")
    func refused() {
        var talk = Talk.greeted()
        talk.tell(.dtmf(digit: "1"))
        let eventID = talk.tell(.timer(.keypad)).requestEventID
        talk.create("unrelated")
        talk.done("unrelated")
        talk.tell(.dtmf(digit: "2"))
        let second = talk.tell(.timer(.keypad)).requestEventID
        #expect(eventID != nil && second != nil && eventID != second)
        #expect(talk.model(self.error("invalid_value", eventID: eventID)).isEmpty, "an older request")
        #expect(talk.model(self.error("invalid_value", eventID: second)).isEmpty)
        #expect(talk.conversation.slot.isIdle)
    }

    @Test("a response that failed is asked for again, a little later each time, three times in a row at most")
    func retries() {
        var talk = Talk.greeted()
        for attempt in 1...3 {
            talk.create("r\(attempt)")
            let actions = talk.done("r\(attempt)", .failed)
            #expect(actions.contains(.start(.retryResponse, after: .seconds(attempt))))
            #expect(talk.tell(.timer(.retryResponse)).requests == [nil])
        }
        talk.create("r4")
        #expect(talk.done("r4", .failed).isEmpty)
        talk.answer("r5", item: "a5", "Better now.")
        talk.create("r6")
        #expect(talk.done("r6", .failed).contains(.start(.retryResponse, after: .seconds(1))), "a good one forgives")
    }

    @Test("a busy provider is given more time")
    func backOff() {
        var talk = Talk.greeted()
        talk.create("r1")
        let error = ModelErrorInfo(type: nil, code: "rate_limit_exceeded", message: "")
        #expect(talk.done("r1", .failed, error: error).contains(.start(.retryResponse, after: .seconds(2))))
    }

    @Test("a greeting that failed is asked for again as a greeting")
    func greeting() {
        var talk = Talk()
        talk.tell(.modelReady)
        talk.create("r1")
        talk.done("r1", .failed)
        #expect(talk.tell(.timer(.retryResponse)).requests == ["greeting"])
    }

    @Test("nothing is asked for again once the caller speaks or something else runs")
    func retryInVain() {
        var speaking = Talk.greeted()
        speaking.create("r1")
        speaking.done("r1", .failed)
        #expect(speaking.interrupt("u1").contains(.stop(.retryResponse)))
        #expect(speaking.tell(.timer(.retryResponse)).isEmpty)
        var running = Talk.greeted()
        running.create("r1")
        running.done("r1", .failed)
        running.create("r2")
        #expect(running.tell(.timer(.retryResponse)).isEmpty)
    }
}
