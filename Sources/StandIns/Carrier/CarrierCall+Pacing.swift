import NIOCore
import Wire

extension CarrierCall {
    /// Begins to send a frame every 20 ms by an absolute clock: a late one is followed by the next on time.
    func startPacing() {
        self.nextTick = .now
        self.tick()
    }

    func stopPacing() {
        self.pacer?.cancel()
        self.pacer = nil
    }

    private func tick() {
        let now = ContinuousClock.now
        while self.nextTick <= now {
            self.nextTick += .milliseconds(20)
            self.sendFrame(at: now)
        }
        self.listen(at: now)
        self.pacer = self.eventLoop.scheduleTask(in: TimeAmount(now.duration(to: self.nextTick))) {
            self.assumeIsolated { call in
                guard call.pacer != nil else { return }
                call.tick()
            }
        }
    }

    private func sendFrame(at now: ContinuousClock.Instant) {
        let format = self.line?.format ?? self.settings.format
        let frame = self.voice.next(format: format)
        let isCarried = self.line != nil && !self.isHungUp
        self.record.update { record in
            if isCarried {
                record.sentFrames += 1
                let number = frame.stamp.sequence
                if let last = record.sentSequences.last, last.upperBound + 1 == number {
                    record.sentSequences[record.sentSequences.count - 1] = last.lowerBound...number
                } else {
                    record.sentSequences.append(number...number)
                }
            } else {
                record.lostFrames += 1
            }
            guard let utterance = frame.utterance else { return }
            if frame.isFirst { record.utterances[utterance].startedAt = now }
            if frame.isLast { record.utterances[utterance].endedAt = now }
            if !isCarried { record.utterances[utterance].lostFrames += 1 }
        }
        guard isCarried, var line = self.line else { return }
        let timestamp = Int(line.openedAt.duration(to: now) / .milliseconds(1))
        if line.backlog != nil {
            line.backlog?.append((frame.audio, timestamp))
        } else {
            line.socket.send(line.messages.media(frame.audio, timestamp: timestamp))
        }
        self.line = line
    }

    /// Holds the caller's frames back, as a stalled network does, and lets them go in one burst after `duration`.
    package func stall(for duration: Duration) {
        guard self.line?.backlog == nil else { return }
        self.line?.backlog = []
        self.eventLoop.scheduleTask(in: TimeAmount(duration)) {
            self.assumeIsolated { call in
                guard var line = call.line, let backlog = line.backlog else { return }
                line.backlog = nil
                for frame in backlog {
                    line.socket.send(line.messages.media(frame.audio, timestamp: frame.timestamp))
                }
                call.line = line
            }
        }
    }

    /// Brings up to date what the caller hears.
    private func listen(at now: ContinuousClock.Instant) {
        guard self.line != nil else {
            self.record.update { $0.ear.silence += .milliseconds(20) }
            return
        }
        self.line?.playout.advance(to: now)
        guard let line = self.line else { return }
        let bytes = line.playout.items.reduce(0) { $0 + $1.heardByteCount }
        let heard = line.heardBefore + line.format.duration(byteCount: bytes)
        let isAudible = line.playout.isAudible(at: now)
        let items = line.playout.items
        let lastSound = line.playout.sounds.last
        self.record.update { record in
            record.streams[line.index].items = items
            if let lastSound { record.ear.lastSoundAt = lastSound.end }
            let isSpeaking = record.utterances.contains { $0.startedAt != nil && $0.endedAt == nil }
            let more = heard - record.ear.heard
            record.ear.heard = heard
            record.ear.heardSinceSpoke = isSpeaking ? .zero : record.ear.heardSinceSpoke + more
            record.ear.isAudible = isAudible
            record.ear.silence = isAudible ? .zero : record.ear.silence + .milliseconds(20)
        }
    }
}
