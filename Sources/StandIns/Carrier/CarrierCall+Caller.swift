import Wire

/// What the person on the line does.
extension CarrierCall {
    /// Says a line; returns when its last frame has been sent.
    package func say(_ line: SpeechLine) async throws {
        try await self.play(SpeechLibrary.shared.clip(line))
    }

    /// Plays any clip; returns when its last frame has been sent.
    package func play(_ clip: SpeechClip) async throws {
        let number = self.begin(clip)
        try await self.record.wait(for: "the caller to finish speaking", within: clip.duration + .seconds(10)) {
            $0.utterances[number].endedAt != nil || $0.end != nil ? () : nil
        }
    }

    /// Waits until the call is answered, or over without that.
    package nonisolated func answered(within timeout: Duration = .seconds(20)) async throws {
        try await self.record.wait(for: "the call to be answered", within: timeout) { record in
            record.answeredAt != nil || record.end != nil ? () : nil
        }
    }

    /// Says how the next `<Dial>` of this call goes, whatever number it dials.
    package func expectDial(_ callee: Callee) {
        self.dialledParty = callee
    }

    /// Hangs the dialled leg up, as the person on it does.
    package nonisolated func endDialledLeg() {
        self.record.update { record in
            guard let last = record.legs.indices.last else { return }
            record.legs[last].isHungUp = true
        }
    }

    /// Starts to play a clip after what is already to be played, and returns its place in the record.
    @discardableResult
    package func begin(_ clip: SpeechClip) -> Int {
        let number = self.record.update { record in
            record.utterances.append(CarrierCallRecord.Utterance(text: clip.text, line: clip.line))
            return record.utterances.count - 1
        }
        self.voice.add(clip, as: number)
        return number
    }

    /// Listens until an answer was heard and nothing more has come for `silence`.
    package nonisolated func listen(
        untilSilentFor silence: Duration = .milliseconds(700),
        within timeout: Duration = .seconds(30)
    ) async throws {
        try await self.record.wait(for: "an answer and silence after it", within: timeout) { record in
            let isDone = record.ear.heardSinceSpoke > .zero && record.ear.silence >= silence
            return isDone || record.end != nil ? () : nil
        }
    }

    /// Listens until this much was heard since the caller last spoke.
    package nonisolated func listen(until heard: Duration, within timeout: Duration = .seconds(30)) async throws {
        try await self.record.wait(for: "\(heard) of an answer", within: timeout) { record in
            record.ear.heardSinceSpoke >= heard || record.end != nil ? () : nil
        }
    }

    /// Listens until the end of this line was heard as (part of) the answer to what the caller said last, and then for
    /// silence.
    package nonisolated func listen(toAnswer line: SpeechLine, within timeout: Duration = .seconds(30)) async throws {
        let clip = SpeechLibrary.shared.clip(line)
        let spokenAt = self.record.read { $0.utterances.last?.endedAt }
        try await self.record.wait(for: "the answer \(line.rawValue)", within: timeout) { record in
            let isHeard = record.streams.contains { stream in
                stream.items.contains { item in
                    let isAnswer = spokenAt.map { item.firstArrivedAt >= $0 } ?? true
                    let heard = stream.format.duration(byteCount: item.heardByteCount)
                    return item.line == line && isAnswer && heard >= clip.duration - .milliseconds(20)
                }
            }
            let isDone = isHeard && record.ear.silence >= .milliseconds(700)
            return isDone || record.end != nil ? () : nil
        }
    }

    /// Says a line into the answer, once this much of it was heard.
    package func interrupt(afterHeard heard: Duration, with line: SpeechLine) async throws {
        try await self.listen(until: heard)
        try await self.say(line)
    }

    /// Presses a key: one of `0-9 * # A-D`.
    package func press(_ digit: String) {
        guard let message = self.line?.messages.dtmf(digit) else { return }
        self.line?.socket.send(message)
    }

    /// Hangs up: the stream gets its `stop` and is closed, and no further document is carried out.
    package func hangUp() {
        self.record.update { $0.isHungUp = true }
        self.voice.hush()
        self.endLine()
    }

    /// Loses the stream without `stop` and close frame, as a broken network does; the next verb runs.
    package func dropStream() {
        self.line?.socket.abort()
    }

    /// Stops reading what the router sends, and resumes: a slow peer.
    package func setReading(_ isReading: Bool) {
        self.line?.socket.setReading(isReading)
    }

    /// Waits until the call is over, and says how it ended.
    package nonisolated func ended(within timeout: Duration = .seconds(60)) async throws -> CarrierCallRecord.End {
        try await self.record.wait(for: "the end of the call", within: timeout) { $0.end }
    }
}
