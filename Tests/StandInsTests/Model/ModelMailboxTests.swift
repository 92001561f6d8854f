import StandIns
import Testing
import Wire

@Suite struct ModelMailboxTests {
    private static func create(_ options: StandInJSON) -> StandInJSON {
        ["type": "response.create", "response": options]
    }

    private static func update(detection: StandInJSON) -> StandInJSON {
        ["type": "session.update", "session": ["type": "realtime", "audio": ["input": ["turn_detection": detection]]]]
    }

    @Test("a message is spoken out of band beside the answer that is playing, with its metadata, and is no part of it")
    func message() async throws {
        var settings = ModelSettings.quick
        settings.pieceInterval = .milliseconds(20)
        try await withModel(settings: settings, script: Dialogue.script.reply) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.send(Self.create(["metadata": ["purpose": "greeting"]]))
            try await client.expect("response.output_audio.delta")
            client.send(
                Self.create([
                    "conversation": "none", "output_modalities": ["audio"], "input": [], "tool_choice": "none",
                    "metadata": ["purpose": "voicemail"], "instructions": "Speak.",
                ])
            )
            try await client.expect("response.done", count: 2)
            let log = client.log.current
            #expect(log.all("error").isEmpty)
            let message = try #require(
                log.all("response.done").compactMap { $0["response"] }.first { $0["conversation_id"] == .null }
            )
            #expect(message["metadata"]?["purpose"] == "voicemail")
            #expect(message["status"] == "completed")
            let id = try #require(message["id"]?.string)
            let greeting = try #require(
                log.all("response.done").compactMap { $0["response"]?["id"]?.string }.first { $0 != id }
            )
            let pieces = log.all("response.output_audio.delta").filter { $0["response_id"]?.string == id }
            let audio = pieces.flatMap { RealtimeClient.decode($0["delta"]?.string ?? "") }
            #expect(audio.count == SpeechLibrary.shared.clip(.voicemailMessage).muLaw.count)
            let numbers = Set(
                stride(from: 0, to: audio.count, by: 160).map { offset in
                    FrameStamp(readingFrom: audio[offset..<offset + 160], format: .pcmu)?.source
                }
            )
            #expect(numbers.count == 1)
            // Both went on at the same time.
            let order = log.all("response.output_audio.delta").compactMap { $0["response_id"]?.string }
            let first = try #require(order.firstIndex(of: id))
            #expect(order[first...].contains(greeting))
            #expect(!log.all("conversation.item.added").contains { $0["item"]?["id"] == pieces[0]["item_id"] })
        }
    }

    @Test("without turn detection nothing is heard by itself, and with it again the greeting becomes a turn and words")
    func detection() async throws {
        try await withModel(script: Dialogue.script.reply) { model in
            let client = try await RealtimeClient.connect(to: model)
            try await client.configure()
            client.send(Self.update(detection: .null))
            try await client.expect("session.updated", count: 2)
            client.append(SpeechLibrary.shared.clip(.callerProblem))
            client.append(Murmur.silence(milliseconds: 700))
            client.send(["type": "input_audio_buffer.clear"])
            try await client.expect("input_audio_buffer.cleared")
            #expect(client.log.current.all("input_audio_buffer.speech_started").isEmpty)
            client.send(Self.update(detection: ["type": "server_vad", "silence_duration_ms": 500]))
            try await client.expect("session.updated", count: 3)
            client.append(SpeechLibrary.shared.clip(.machineGreeting))
            client.append(Murmur.silence(milliseconds: 700))
            let heard = try await client.expect("conversation.item.input_audio_transcription.completed")
            #expect(heard["transcript"]?.string == SpeechLine.machineGreeting.text)
            #expect(client.log.current.all("input_audio_buffer.speech_started").count == 1)
        }
    }
}
