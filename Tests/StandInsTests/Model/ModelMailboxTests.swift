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
            try Self.check(client.log.current)
        }
    }

    /// The greeting in the conversation and the message beside it, both of them whole.
    private static func check(_ log: RealtimeClient.Log) throws {
        #expect(log.all("error").isEmpty)
        let responses: [StandInJSON] = log.all("response.done").compactMap { $0["response"] }
        let message: StandInJSON = try #require(responses.first { $0["conversation_id"]?.isNull == true })
        let greeting: StandInJSON = try #require(responses.first { $0["conversation_id"]?.isNull != true })
        #expect(message["metadata"]?["purpose"]?.string == "voicemail")
        #expect(message["status"]?.string == "completed")
        let deltas = log.all("response.output_audio.delta")
        let pieces = deltas.filter { $0["response_id"] == message["id"] }
        let audio = pieces.flatMap { RealtimeClient.decode($0["delta"]?.string ?? "") }
        #expect(audio.count == SpeechLibrary.shared.clip(.voicemailMessage).muLaw.count)
        var sources: Set<UInt32?> = []
        for offset in stride(from: 0, to: audio.count, by: 160) {
            sources.insert(FrameStamp(readingFrom: audio[offset..<offset + 160], format: .pcmu)?.source)
        }
        #expect(sources.count == 1 && !sources.contains(nil))
        // Both went on at the same time.
        let first = try #require(deltas.firstIndex { $0["response_id"] == message["id"] })
        #expect(deltas[first...].contains { $0["response_id"] == greeting["id"] })
        let item = pieces.first?["item_id"]
        #expect(!log.all("conversation.item.added").contains { $0["item"]?["id"] == item })
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
