extension ModelConnection {
    /// Makes the faults happen whose trigger this is.
    func trip(_ trigger: ModelFaults.Trigger) {
        for (number, fault) in self.settings.faults.faults.enumerated() where fault.trigger == trigger {
            guard !self.firedFaults.contains(number), self.isInScope(fault.scope, number) else { continue }
            self.firedFaults.insert(number)
            self.perform(fault.action)
        }
    }

    /// Counts the frames of the caller for the triggers that do.
    func tripAudioFaults() {
        guard !self.settings.faults.faults.isEmpty else { return }
        let (frames, utterance, isSpeaking) = self.record.read { record in
            (record.frameCount, record.utterances.count, record.utterances.last?.stoppedAt == nil)
        }
        self.trip(.appendedFrames(frames))
        guard utterance > 0, isSpeaking else {
            self.framesIntoUtterance = 0
            return
        }
        self.framesIntoUtterance += 1
        self.trip(.intoUtterance(utterance, frames: self.framesIntoUtterance))
    }

    private func isInScope(_ scope: ModelFaults.Scope, _ number: Int) -> Bool {
        switch scope {
        case .everyConnection: return true
        case .connections(let range): return range.contains(self.index)
        case .oncePerCall:
            guard let caller = self.record.read(\.caller) else { return false }
            return self.shared.claim(fault: number, of: caller)
        }
    }

    private func perform(_ action: ModelFaults.Action) {
        switch action {
        case .drop: self.drop()
        case .close(let code, let reason): self.close(code: code, reason: reason)
        case .expire:
            self.sendError(
                code: "session_expired",
                message: "Your session hit the maximum duration of 60 minutes."
            )
            self.close(code: 1001, reason: "session expired")
        case .error(let type, let code, let message):
            self.sendError(type: type, code: code, message: message, param: nil, cause: nil)
        case .send(let text): self.send(raw: text)
        }
    }
}
