import NIOCore
import Testing

@testable import Wire

@Suite struct RealtimeDecodingTests {
    let dialect = RealtimeDialect()

    private func decode(_ text: String) throws -> ModelEvent { try self.dialect.decode(ByteBuffer(string: text)) }

    /// The example messages by their number, decoded.
    private func examples() throws -> [ModelEvent] {
        try ModelExamples.lines("openai-server.jsonl").map(self.decode)
    }

    @Test("every example of the API is read, and only what is of no interest is ignored")
    func everyExample() throws {
        let ignored = try self.examples().compactMap { event in
            if case .ignored(let type) = event { type } else { nil }
        }
        #expect(
            Set(ignored) == [
                "rate_limits.updated", "response.output_item.added", "response.output_item.done",
                "response.content_part.added", "response.content_part.done", "conversation.item.done",
                "response.function_call_arguments.delta", "conversation.item.input_audio_transcription.delta",
                "input_audio_buffer.cleared", "response.output_text.delta",
            ]
        )
    }

    @Test("a session tells its formats: the default of the API first, ours once it is configured")
    func sessions() throws {
        let events = try self.examples()
        guard case .sessionCreated(let created) = events[0], case .sessionUpdated(let updated) = events[1] else {
            Issue.record("unexpected events")
            return
        }
        #expect(created.id == "sess_001")
        #expect(created.inputFormat == .l16(rate: 24000))
        #expect(created.outputFormat == .l16(rate: 24000))
        #expect(created.expiresAt != nil)
        #expect(updated.inputFormat == .pcmu)
        #expect(updated.outputFormat == .pcmu)
    }

    @Test("a format that no carrier of ours speaks is nil, so that a call sees the mismatch")
    func foreignFormats() throws {
        for format in [#"{"type":"audio/pcma"}"#, #"{"type":"audio/pcm","rate":-1}"#, #""g711_ulaw""#, "null", "7"] {
            let text = #"{"type":"session.updated","session":{"audio":{"input":{"format":\#(format)}}}}"#
            #expect(
                try self.decode(text)
                    == .sessionUpdated(ModelSessionInfo(id: nil, inputFormat: nil, outputFormat: nil, expiresAt: nil)),
                "\(format)"
            )
        }
    }

    @Test("a response is followed from its creation over audio and words to its end")
    func oneResponse() throws {
        let events = try self.examples()
        #expect(events[2] == .responseCreated(id: "resp_000", metadata: ["purpose": "greeting"]))
        #expect(
            events[5] == .itemAdded(ModelItem(id: "item_A0", kind: .message(role: .assistant)), previousItemID: nil)
        )
        #expect(
            events[7] == .transcriptDelta(responseID: "resp_000", itemID: "item_A0", text: "Hi, this is an AI")
        )
        guard case .audio("resp_000", "item_A0", let base64) = events[8] else {
            Issue.record("no audio")
            return
        }
        #expect(String(buffer: base64).hasPrefix("/7CkoKSv6DElICMuXLOloKOt1DUm"))
        #expect(base64.readableBytes % 4 == 0)
        #expect(events[11] == .audioDone(responseID: "resp_000", itemID: "item_A0"))
        #expect(
            events[12]
                == .transcriptDone(
                    responseID: "resp_000",
                    itemID: "item_A0",
                    text: "Hi, this is an AI assistant calling about your request."
                )
        )
        guard case .responseDone(let result) = events[16] else {
            Issue.record("no end")
            return
        }
        #expect(result.id == "resp_000")
        #expect(result.status == .completed)
        #expect(result.itemIDs == ["item_A0"])
        #expect(result.error == nil)
        #expect(result.usage?.inputTokens == 296)
        #expect(result.usage?.outputTokens == 116)
        #expect(result.usage?.cachedTokens == 128)
        #expect(result.usage?.inputTextTokens == 231)
        #expect(result.usage?.inputAudioTokens == 65)
    }

    @Test("the caller's turn is followed from speech to words")
    func callerTurn() throws {
        let events = try self.examples()
        #expect(events[17] == .speechStarted(itemID: "item_U1", audioStart: .milliseconds(3120)))
        #expect(events[18] == .speechStopped(itemID: "item_U1", audioEnd: .milliseconds(4760)))
        #expect(events[19] == .committed(itemID: "item_U1", previousItemID: "item_A0"))
        #expect(
            events[20] == .itemAdded(ModelItem(id: "item_U1", kind: .message(role: .user)), previousItemID: "item_A0")
        )
        #expect(events[22] == .responseCreated(id: "resp_001", metadata: [:]))
        guard case .callerTranscript("item_U1", "Can you do it cheaper?", let usage?) = events[28] else {
            Issue.record("no transcript")
            return
        }
        #expect(usage.inputTokens == 17)
        #expect(usage.outputTokens == 10)
        #expect(usage.inputAudioTokens == 17)
        #expect(events[38] == .idleTimeout(itemID: "item_U2"))
        #expect(
            events[41]
                == .callerTranscriptFailed(
                    itemID: "item_U2",
                    code: "audio_unintelligible",
                    message: "The audio could not be transcribed."
                )
        )
    }

    @Test("a tool call comes once, with its whole arguments")
    func functionCall() throws {
        let calls = try self.examples().compactMap { event in
            if case .functionCall(let call) = event { call } else { nil }
        }
        #expect(
            calls == [
                ModelFunctionCall(
                    responseID: "resp_001",
                    itemID: "item_F1",
                    callID: "call_AbC123",
                    name: "consult_reasoner",
                    arguments: #"{"situation":"asks for a discount","question":"what may I offer?"}"#
                )
            ]
        )
    }

    @Test("a response that was cancelled, failed or ran out of tokens says why")
    func endings() throws {
        let results = try self.examples().compactMap { event in
            if case .responseDone(let result) = event { result } else { nil }
        }
        let ended = Dictionary(uniqueKeysWithValues: results.map { ($0.id, $0) })
        #expect(ended["resp_002"]?.status == .cancelled)
        #expect(ended["resp_002"]?.reason == "turn_detected")
        #expect(ended["resp_003"]?.status == .failed)
        #expect(ended["resp_003"]?.error?.code == "rate_limit_exceeded")
        #expect(ended["resp_003"]?.error?.type == "server_error")
        #expect(ended["resp_003"]?.usage == nil)
        #expect(ended["resp_004"]?.status == .incomplete)
        #expect(ended["resp_004"]?.reason == "max_output_tokens")
    }

    @Test("truncated and deleted items, text answers and errors are read")
    func others() throws {
        let events = try self.examples()
        #expect(events[35] == .truncated(itemID: "item_A1", audioEnd: .milliseconds(1240)))
        #expect(events[40] == .deleted(itemID: "item_A1"))
        #expect(events[43] == .textDone(responseID: "resp_005", text: "VOICEMAIL"))
        guard case .error(let busy) = events[44], case .error(let expired) = events[47] else {
            Issue.record("no errors")
            return
        }
        #expect(busy.code == "conversation_already_has_active_response")
        #expect(busy.eventID == "c_0013")
        #expect(expired.code == "session_expired")
        #expect(expired.eventID == nil)
    }

    @Test("a type that is not known is ignored, whatever else the message holds")
    func unknownType() throws {
        #expect(try self.decode(#"{"type":"mcp.list","response_id":7}"#) == .ignored(type: "mcp.list"))
        // Names of the beta, which was shut down.
        #expect(try self.decode(#"{"type":"response.audio.delta"}"#) == .ignored(type: "response.audio.delta"))
    }

    @Test(
        "what is not JSON or lacks what a call needs is malformed, and the reason quotes nothing of it",
        arguments: [
            ("", "not JSON"), ("hello", "not JSON"), ("{", "not JSON"), ("[]", " has the wrong type"),
            (#"{"event_id":"secret"}"#, "type is missing"), (#"{"type":null}"#, "type is null"),
            (#"{"type":7}"#, "type has the wrong type"),
            (#"{"type":"response.done","response":{"status":"completed"}}"#, "response.id is missing"),
            (#"{"type":"input_audio_buffer.speech_started","item_id":"secret"}"#, "audio_start_ms is missing"),
            (
                #"{"type":"response.output_audio.delta","response_id":"r","item_id":"i","delta":"secret!"}"#,
                "delta cannot be used"
            ),
        ]
    )
    func malformed(text: String, reason: String) {
        let error = ModelMessageError(byteCount: text.utf8.count, reason: reason)
        #expect(throws: error) { try self.decode(text) }
    }

    @Test("a status that is not known still ends its response")
    func unknownStatus() throws {
        let text = #"{"type":"response.done","response":{"id":"r","status":"paused","usage":"many","output":7}}"#
        #expect(
            try self.decode(text) == .responseDone(ModelResponseResult(id: "r", status: .incomplete, reason: "paused"))
        )
    }

    @Test("numbers beyond reason are held to bounds that no sum overflows")
    func absurdNumbers() throws {
        let text = #"{"type":"input_audio_buffer.speech_started","item_id":"i","audio_start_ms":1e300}"#
        #expect(try self.decode(text) == .speechStarted(itemID: "i", audioStart: .seconds(86_400)))
        let negative = #"{"type":"input_audio_buffer.speech_stopped","item_id":"i","audio_end_ms":-5}"#
        #expect(try self.decode(negative) == .speechStopped(itemID: "i", audioEnd: .zero))
        let usage = #"""
            {"type":"response.done","response":{"id":"r","status":"completed",
            "usage":{"input_tokens":9e99,"output_tokens":-1}}}
            """#
        guard case .responseDone(let result) = try self.decode(usage) else {
            Issue.record("no end")
            return
        }
        #expect(result.usage?.inputTokens == 1_000_000_000)
        #expect(result.usage?.outputTokens == 0)
    }

    @Test("transcription that is billed by time tells its seconds")
    func secondsOfTranscription() throws {
        let text = #"""
            {"type":"conversation.item.input_audio_transcription.completed","item_id":"i","transcript":"yes",
            "usage":{"type":"duration","seconds":2.5}}
            """#
        guard case .callerTranscript("i", "yes", let usage?) = try self.decode(text) else {
            Issue.record("no transcript")
            return
        }
        #expect(usage.seconds == 2.5)
    }
}
