import Foundation
import NIOCore
import Wire

extension ModelConnection {
    /// Takes `input_audio_buffer.append`, which is never confirmed.
    func append(_ json: StandInJSON, at now: ContinuousClock.Instant) {
        guard let text = json["audio"]?.string, let data = Data(base64Encoded: text), !data.isEmpty else {
            self.violation("an append without base64 audio")
            self.sendError(
                code: "invalid_value",
                message: "Invalid 'audio'. Expected base64-encoded audio bytes.",
                param: "audio"
            )
            return
        }
        let audio = [UInt8](data)
        let isConfigured = self.record.update { record in
            record.appendCount += 1
            record.appendedByteCount += audio.count
            if self.settings.keepsAudio { record.audio += audio }
            return record.isConfigured
        }
        if !isConfigured { self.violation("audio was appended before session.updated") }
        for frame in self.input.frames(of: audio) {
            let (stamp, event) = self.input.take(frame: frame)
            self.note(stamp, at: now)
            switch event {
            case .speechStarted(let start): self.speechStarted(at: start, now: now)
            case .speechStopped(let end): self.speechStopped(at: end, now: now)
            case nil: break
            }
            self.tripAudioFaults()
            // A fault may have ended the connection.
            if self.isEnding { return }
        }
    }

    private func note(_ stamp: FrameStamp?, at now: ContinuousClock.Instant) {
        let keeps = self.settings.keepsFrames
        self.record.update { record in
            record.frameCount += 1
            if record.caller == nil { record.caller = stamp?.source }
            if keeps { record.frames.append(ModelConnectionRecord.CallerFrame(stamp: stamp, at: now)) }
        }
    }

    private func speechStarted(at start: Int, now: ContinuousClock.Instant) {
        let itemID = self.newItemID()
        self.input.speechItemID = itemID
        self.idleTimer?.cancel()
        self.record.update {
            $0.utterances.append(
                ModelConnectionRecord.Utterance(itemID: itemID, startedAt: now, audioStartMilliseconds: start)
            )
        }
        self.send(
            "input_audio_buffer.speech_started",
            [("audio_start_ms", StandInJSON(start)), ("item_id", .string(itemID))]
        )
        guard self.input.interrupts, let active = self.activeResponseID else { return }
        self.cancel(active, reason: "turn_detected")
    }

    private func speechStopped(at end: Int, now: ContinuousClock.Instant) {
        let itemID = self.input.speechItemID ?? self.newItemID()
        self.send(
            "input_audio_buffer.speech_stopped",
            [("audio_end_ms", StandInJSON(end)), ("item_id", .string(itemID))]
        )
        self.commitInput(as: itemID, end: end, now: now)
        guard self.input.responds else { return }
        self.respond(.callerSpoke)
    }

    func commit() throws(ModelConversation.Refusal) {
        guard self.input.uncommittedMilliseconds >= 100 else {
            throw ModelConversation.Refusal(
                code: "input_audio_buffer_commit_empty",
                message: "Error committing input audio buffer: buffer too small. Expected at least 100ms of audio, "
                    + "but buffer only has \(self.input.uncommittedMilliseconds)ms of audio."
            )
        }
        self.commitInput(
            as: self.input.speechItemID ?? self.newItemID(),
            end: self.input.elapsedMilliseconds,
            now: .now
        )
    }

    func clearInput() {
        self.input.clear()
        self.send("input_audio_buffer.cleared", [])
    }

    /// Makes an item of what was appended and has it transcribed.
    private func commitInput(as itemID: String, end: Int, now: ContinuousClock.Instant) {
        let known = self.input.commit()
        let number = self.record.read { $0.utterances.count }
        let unknown = self.settings.unknownUtterances
        let text = known ?? (number > 0 && number <= unknown.count ? unknown[number - 1] : "(speech)")
        self.addCallerItem(itemID, heard: text)
        self.record.update { record in
            guard let index = record.utterances.lastIndex(where: { $0.itemID == itemID }) else { return }
            record.utterances[index].stoppedAt = now
            record.utterances[index].audioEndMilliseconds = end
            record.utterances[index].text = text
        }
    }

    private func addCallerItem(_ itemID: String, heard: String) {
        let item = ModelConversation.Item(
            id: itemID,
            content: .message(role: "user", parts: [.inputAudio(heard: heard, transcript: nil)])
        )
        // The identifier is new and nothing is referred to, so nothing can be refused.
        let previous = (try? self.conversation.insert(item, after: nil)) ?? nil
        self.send(
            "input_audio_buffer.committed",
            [("previous_item_id", StandInJSON(previous)), ("item_id", .string(itemID))]
        )
        self.send("conversation.item.added", [("previous_item_id", StandInJSON(previous)), ("item", item.json)])
        self.send("conversation.item.done", [("previous_item_id", StandInJSON(previous)), ("item", item.json)])
        guard self.session.transcribes else { return }
        self.schedule(after: self.settings.transcriptionDelay) { $0.transcribe(itemID, heard) }
    }

    private func transcribe(_ itemID: String, _ text: String) {
        guard self.conversation.item(itemID) != nil else { return }
        let prefix = "conversation.item.input_audio_transcription."
        let place: [(String, StandInJSON)] = [("item_id", .string(itemID)), ("content_index", 0)]
        guard !text.isEmpty else {
            let error: StandInJSON = [
                "type": "transcription_error", "code": "audio_unintelligible",
                "message": "The audio could not be transcribed.", "param": .null,
            ]
            self.send(prefix + "failed", place + [("error", error)])
            return
        }
        self.conversation.update(itemID) {
            $0.content = .message(role: "user", parts: [.inputAudio(heard: text, transcript: text)])
        }
        self.send(prefix + "delta", place + [("delta", .string(text))])
        let words = text.split(separator: " ").count
        let usage: StandInJSON = [
            "type": "tokens", "total_tokens": StandInJSON(words * 5), "input_tokens": StandInJSON(words * 4),
            "output_tokens": StandInJSON(words),
            "input_token_details": ["text_tokens": 0, "audio_tokens": StandInJSON(words * 4)],
        ]
        self.send(prefix + "completed", place + [("transcript", .string(text)), ("usage", usage)])
    }

    /// Starts the wait after which the model speaks by itself, once `playback` is over.
    func waitForIdle(after playback: Duration) {
        self.idleTimer?.cancel()
        guard let timeout = self.input.idleTimeout, self.input.detects else { return }
        self.idleTimer = self.schedule(after: playback + timeout) { connection in
            guard !connection.input.isSpeech, connection.activeResponseID == nil else { return }
            let end = connection.input.elapsedMilliseconds
            let itemID = connection.newItemID()
            let start = max(0, end - connection.input.uncommittedMilliseconds)
            _ = connection.input.commit()
            connection.send(
                "input_audio_buffer.timeout_triggered",
                [
                    ("audio_start_ms", StandInJSON(start)), ("audio_end_ms", StandInJSON(end)),
                    ("item_id", .string(itemID)),
                ]
            )
            connection.addCallerItem(itemID, heard: "")
            connection.respond(.idle)
        }
    }
}
