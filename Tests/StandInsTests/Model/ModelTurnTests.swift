import NIOCore
import StandIns
import Testing
import Wire

@Suite struct ModelTurnTests {
    @Test("what the caller says becomes an item, is answered, and transcribed after a while")
    func turn() async throws {
        var settings = ModelSettings.quick
        settings.transcriptionDelay = .milliseconds(300)
        try await withModel(settings: settings, script: Dialogue.script.reply) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.append(SpeechLibrary.shared.clip(.callerProblem))
            client.append(Murmur.silence(milliseconds: 600))
            let completed = try await client.expect("conversation.item.input_audio_transcription.completed")
            #expect(completed["transcript"]?.string == SpeechLine.callerProblem.text)
            try await client.expect("response.done")
            let types = client.log.current.types
            let order = [
                "input_audio_buffer.speech_started", "input_audio_buffer.speech_stopped",
                "input_audio_buffer.committed",
                "conversation.item.added", "conversation.item.done", "response.created", "response.output_item.added",
                "response.content_part.added", "response.output_audio_transcript.delta", "response.output_audio.delta",
                "response.output_audio.done", "response.output_audio_transcript.done", "response.content_part.done",
                "response.output_item.done", "response.done",
            ]
            let places = try order.map { type in try #require(types.firstIndex(of: type), "\(type) is missing") }
            #expect(places == places.sorted())
            let spoken = try await client.expect("response.output_audio_transcript.done")
            #expect(spoken["transcript"]?.string == SpeechLine.offer.text)
        }
    }

    @Test("audio comes faster than real time, in irregular pieces, and is the line with its stamps")
    func audio() async throws {
        try await withModel(script: { _ in .say(.offer) }) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.send(["type": "response.create"])
            try await client.expect("response.done")
            let pieces = client.log.current.all("response.output_audio.delta").compactMap { $0["delta"]?.string }
                .map { RealtimeClient.decode($0) }
            #expect(pieces.dropLast().allSatisfy { (1600...3280).contains($0.count) })
            #expect(pieces.contains { $0.count % 160 != 0 })
            let audio = pieces.flatMap { $0 }
            let clip = SpeechLibrary.shared.clip(.offer)
            #expect(audio.count == clip.muLaw.count)
            #expect(zip(audio, clip.muLaw).allSatisfy { $0 & 0xFE == $1 & 0xFE })
            for index in 0..<clip.frameCount {
                let stamp = FrameStamp(readingFrom: audio[index * 160..<(index + 1) * 160], format: .pcmu)
                #expect(stamp?.line == SpeechLine.offer.number)
                #expect(stamp?.offset == UInt16(index))
            }
        }
    }

    @Test("speech cuts the active response; its late audio counts towards what may be truncated")
    func interrupted() async throws {
        var settings = ModelSettings.quick
        settings.pieceInterval = .seconds(20)
        try await withModel(settings: settings, script: { _ in .say(.hours) }) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.send(["type": "response.create"])
            let delta = try await client.expect("response.output_audio.delta")
            client.append(SpeechLibrary.shared.clip(.callerInterrupts))
            let done = try await client.expect("response.done")
            #expect(done["response"]?["status"] == "cancelled")
            #expect(done["response"]?["status_details"]?["reason"] == "turn_detected")
            #expect(done["response"]?["output"]?.array?.first?["status"] == "incomplete")
            let deltas = client.log.current.all("response.output_audio.delta")
            #expect(deltas.count == 2, "one on its way")
            let length =
                deltas.compactMap { $0["delta"]?.string }.reduce(0) { $0 + RealtimeClient.decode($1).count } / 8
            let item = try #require(delta["item_id"])
            func truncate(_ end: Int) {
                client.send([
                    "type": "conversation.item.truncate", "item_id": item, "content_index": 0,
                    "audio_end_ms": StandInJSON(end),
                ])
            }
            truncate(length + 1)
            let error = try await client.expect("error")
            #expect(
                error["error"]?["message"]?.string
                    == "Audio content of \(length)ms is already shorter than \(length + 1)ms"
            )
            truncate(0)
            let zero = try await client.expect("error", count: 2)
            #expect(zero["error"]?["code"] == "unsupported_content_type")
            truncate(length)
            truncate(120)
            try await client.expect("conversation.item.truncated", count: 2)
            truncate(121)
            try await client.expect("error", count: 3)
            let record = try #require(model.connections.current.first).record.current
            #expect(record.truncations.map(\.endMilliseconds) == [length + 1, 0, length, 120, 121])
            #expect(record.truncations.map { $0.refusal == nil } == [false, false, true, true, false])
        }
    }

    @Test("a second response is refused while one is active, but not out of band")
    func oneResponse() async throws {
        var settings = ModelSettings.quick
        settings.pieceInterval = .seconds(20)
        let script: @Sendable (ModelTurn) -> ModelReply = { turn in
            turn.cause == .outOfBand ? ModelReply([.say("HUMAN")]) : .say(.hours)
        }
        try await withModel(settings: settings, script: script) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.send(["type": "response.create"])
            try await client.expect("response.output_audio.delta")
            client.send(["type": "response.create", "event_id": "mine"])
            let error = try await client.expect("error")
            #expect(error["error"]?["code"] == "conversation_already_has_active_response")
            #expect(error["error"]?["event_id"] == "mine")
            client.send([
                "type": "response.create", "response": ["conversation": "none", "output_modalities": ["text"]],
            ])
            let text = try await client.expect("response.output_text.done")
            #expect(text["text"] == "HUMAN")
            client.send(["type": "response.cancel"])
            let done = try await client.expect("response.done", count: 2)
            #expect(done["response"]?["status_details"]?["reason"] == "client_cancelled")
            client.send(["type": "response.cancel"])
            #expect(try await client.expect("error", count: 2)["error"]?["code"] == "response_cancel_not_active")
        }
    }

    @Test("without turn detection nothing is committed by itself; less than 100 ms cannot be")
    func manualTurns() async throws {
        try await withModel { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure(detection: .null)
            client.append(Murmur.silence(milliseconds: 80))
            client.send(["type": "input_audio_buffer.commit"])
            let error = try await client.expect("error")
            #expect(error["error"]?["code"] == "input_audio_buffer_commit_empty")
            client.append(SpeechLibrary.shared.clip(.callerDone))
            client.append(Murmur.silence(milliseconds: 2000))
            client.send(["type": "input_audio_buffer.commit"])
            try await client.expect("input_audio_buffer.committed")
            #expect(client.log.current.last("input_audio_buffer.speech_started") == nil)
            let utterance = try await client.expect("conversation.item.input_audio_transcription.completed")
            #expect(utterance["transcript"]?.string == SpeechLine.callerDone.text)
        }
    }

    @Test("at 24 kHz the model hears and speaks linear PCM")
    func linear() async throws {
        try await withModel(script: Dialogue.script.reply) { model in
            let client = try await RealtimeClient.connect(to: model)
            let format: StandInJSON = ["type": "audio/pcm", "rate": 24000]
            try await client.configure(format: format)
            client.append(SpeechLibrary.shared.clip(.callerAccepts), format: .l16(rate: 24_000))
            client.append(Murmur.silence(milliseconds: 600), format: .l16(rate: 24_000))
            let done = try await client.expect("response.output_audio_transcript.done")
            #expect(done["transcript"]?.string == SpeechLine.booked.text)
            try await client.expect("response.done")
            let bytes = client.log.current.all("response.output_audio.delta").compactMap { $0["delta"]?.string }
                .reduce(0) { $0 + RealtimeClient.decode($1).count }
            #expect(bytes == SpeechLibrary.shared.clip(.booked).muLaw.count * 6)
        }
    }

    @Test("replayed history is the conversation that the next answer belongs to")
    func history() async throws {
        try await withModel(script: Dialogue.script.reply) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            let items: [StandInJSON] = [
                ["type": "message", "role": "system", "content": [["type": "input_text", "text": "So far:"]]],
                [
                    "type": "message", "role": "assistant",
                    "content": [["type": "output_text", "text": .string(SpeechLine.offer.text)]],
                ],
                [
                    "type": "message", "role": "user", "id": "mine",
                    "content": [["type": "input_text", "text": .string(SpeechLine.callerAccepts.text)]],
                ],
            ]
            for item in items { client.send(["type": "conversation.item.create", "item": item]) }
            client.send(["type": "response.create"])
            let done = try await client.expect("response.output_audio_transcript.done")
            #expect(done["transcript"]?.string == SpeechLine.booked.text)
            let bad: [StandInJSON] = [
                ["type": "message", "role": "assistant", "content": [["type": "audio", "audio": "AAAA"]]],
                ["type": "message", "role": "user", "content": [["type": "output_text", "text": "x"]]],
                ["type": "message", "role": "user", "id": "mine", "content": []],
                ["type": "message", "role": "user", "id": "an identifier of more than 32 characters", "content": []],
                ["type": "function_call_output", "call_id": "nobody", "output": "x"],
            ]
            for item in bad { client.send(["type": "conversation.item.create", "item": item]) }
            try await client.expect("error", count: bad.count)
        }
    }
}
