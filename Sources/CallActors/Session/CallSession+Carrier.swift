import Foundation
import Logging
import NIOCore
import Wire

/// The carrier's side of a call.
extension CallSession {
    /// Takes over a stream: the call's first, or one that resumes it.
    ///
    /// An earlier stream that is still there is closed with `superseded`. Where the call is over, this one is closed.
    ///
    /// - Returns: False where this session has failed: the stream is for the next one.
    @discardableResult
    package func attach(_ link: any CarrierLink, format: AudioFormat, callSID: String?) -> Bool {
        if case .failed = self.result { return false }
        guard self.isLive else {
            link.close(code: 1000, reason: "call over")
            return true
        }
        let now = ContinuousClock.now
        if let earlier = self.carrier {
            earlier.close(code: 1001, reason: "superseded")
            self.ports.metrics.streamRejected(.superseded)
            self.letGoOfStream(at: now)
        }
        self.carrier = link
        link.attached(to: self)
        self.lastCarrierMessageAt = now
        self.stop(.resume)
        self.callSID = callSID ?? self.callSID
        self.expectsRedirect = false
        self.sawStop = false
        // The carrier gives the call back without a word about the dialled leg.
        if self.transferTarget != nil { self.transferEnded(answered: false) }
        self.start(.stale, after: self.settings.staleAfter)
        self.note(.streamStarted(streamSID: link.streamSID, callSID: callSID))
        if self.format != format { self.use(format) }
        self.begin(at: now)
        self.openRecorder(format)
        switch self.supervision.begin() {
        case .open: self.orderModel()
        case .tryAgain, .giveUp, .none: break
        }
        self.pump(due: now)
        return true
    }

    /// Sizes everything for this format; another format than before needs another model session.
    private func use(_ format: AudioFormat) {
        let isChange = self.format != nil
        self.format = format
        // A recording has one rate: what comes in another one begins a recording of its own, where there is room for it.
        self.recorder?.finish()
        self.recorder = nil
        self.playout = Playout(
            format: format,
            lead: self.settings.playoutLead,
            maxChunkFrames: self.settings.playoutChunkFrames,
            // A restarted session has the same stream, on which marks of the failed one may still come back.
            markPrefix: String(UInt32.random(in: 0...UInt32.max), radix: 36)
        )
        self.finishCallerAudio()
        self.callerAudio = CallerAudioLane(
            format: format,
            limit: self.settings.callerAudioKept,
            scratch: LoopScratch.of(self.loop.eventLoop)
        )
        self.audioGeneration += 1
        self.order(.feedModel(generation: self.audioGeneration))
        guard isChange, self.supervision.startOver() == .open else { return }
        self.closeModel()
        self.tell(.modelLost)
        self.orderModel()
    }

    /// What no session of the model has had will not reach one any more.
    func finishCallerAudio() {
        guard let unsent = self.callerAudio?.finish(), unsent > 0 else { return }
        self.ports.metrics.framesDropped(.toModel, reason: .notConnected, count: unsent)
    }

    private func begin(at now: ContinuousClock.Instant) {
        guard self.startInstant == nil else { return }
        self.startInstant = now
        let date = Date()
        if self.startedAt == nil { self.startedAt = date }
        let age = self.startedAt.map { Duration.seconds(max(0, date.timeIntervalSince($0))) } ?? .zero
        self.maxDurationEndsAt = now + max(.zero, self.settings.maxDuration - age)
        self.armMaxDuration()
        self.ports.observer?.observe(.started, callID: self.callID, at: date)
    }

    /// Time in the hands of a person does not count: what was left before is left after it.
    func armMaxDuration() {
        guard let end = self.maxDurationEndsAt else { return }
        if let since = self.handedOverAt {
            self.handedOverAt = nil
            self.maxDurationEndsAt = end + since.duration(to: .now)
        }
        self.start(.maxDuration, at: self.maxDurationEndsAt ?? end)
    }

    private func openRecorder(_ format: AudioFormat) {
        guard self.recorder == nil, let open = self.ports.recorder else { return }
        self.recorder = open(self.callID, format)
        self.isRecorded = self.isRecorded || self.recorder != nil
    }

    /// Takes a message of the attached stream; those of an earlier one are late news.
    package func receive(_ event: CarrierEvent, from link: UInt64, readAt: ContinuousClock.Instant) {
        guard self.isLive, self.carrierID == link else { return }
        self.lastCarrierMessageAt = readAt
        switch event {
        case .media(let payload): self.hear(payload, readAt: readAt)
        case .mark(let name):
            self.playout?.markReturned(name, at: readAt)
            if self.conversation.awaitsSilence { self.checkSilence() }
        case .dtmf(let digit): self.tell(.dtmf(digit: digit))
        case .stop: self.streamStopped()
        // Of no interest once a stream is attached.
        case .connected, .start, .unknown: break
        }
    }

    /// One read from the carrier's socket has been handed over.
    package func carrierReadComplete() { self.model?.flush() }

    /// The stream ended without `stop`: the call waits for the next one.
    package func carrierLost(_ link: UInt64, reason: EndReason = .streamLost) {
        guard self.isLive, self.carrierID == link else { return }
        self.carrier = nil
        self.waitReason = reason
        // The read that brought the last frames may have had no end.
        self.model?.flush()
        self.stop(.stale)
        self.letGoOfStream(at: .now)
        self.note(.streamEnded(reason))
        // It comes back when the person does not answer, and not before.
        guard self.transferTarget == nil else { return self.releaseModel() }
        self.start(.resume, after: self.settings.resumeWithin)
        self.logger.info(
            "stream lost; the call waits for the carrier to come back",
            metadata: ["reason": "\(reason.rawValue)"]
        )
    }

    /// What was sent on the stream and not played is lost; what waits is for the next one.
    private func letGoOfStream(at now: ContinuousClock.Instant) {
        self.stopPump()
        self.carrierAudio.clear()
        self.playout?.detach(at: now)
    }

    private func hear(_ payload: ByteBuffer, readAt: ContinuousClock.Instant) {
        guard let lane = self.callerAudio else { return }
        switch lane.send(payload, readAt: readAt) {
        case .queued: break
        case .displacedUnsent(let count):
            let reason: FrameDropReason = self.isModelConfigured ? .overflow : .notConnected
            self.ports.metrics.framesDropped(.toModel, reason: reason, count: count)
        }
        self.listen(to: payload)
        guard let recorder = self.recorder, let start = self.startInstant else { return }
        recorder.caller(base64: payload, at: start.duration(to: readAt))
    }

    // MARK: - The model's voice to the caller

    /// Sends what the playout has for now.
    ///
    /// - Parameters:
    ///   - due: Since when the audio could have been sent: the moment it was read, or its time came.
    ///   - isReading: The model's socket is being read, and the end of the read flushes.
    func pump(due: ContinuousClock.Instant, isReading: Bool = false) {
        guard let link = self.carrier, self.isLive else { return }
        let now = ContinuousClock.now
        guard link.isWritable else {
            // The far end reads too slowly: the audio waits here, where it is bounded and counts as unheard.
            link.flush()
            if self.playout?.isWaiting == true { self.startPump(at: now + .milliseconds(20)) }
            return
        }
        defer { if !isReading { self.flushCarrier() } }
        while true {
            guard let step = self.playout?.next(at: now) else { return }
            switch step {
            case .audio(let chunk, let mark, let startsAt):
                if let start = self.startInstant {
                    self.recorder?.assistant(audio: chunk, at: start.duration(to: startsAt))
                }
                self.carrierIsUnflushed = true
                self.carrierAudio.send(.audio(chunk, due: due))
                if let mark { self.carrierAudio.send(.mark(mark)) }
            case .mark(let name):
                self.carrierIsUnflushed = true
                self.carrierAudio.send(.mark(name))
            case .wait(let until):
                self.startPump(at: until)
                return
            case .idle:
                if self.conversation.awaitsSilence { self.checkSilence() }
                return
            }
        }
    }

    /// Writes out what the playout has given since the last time.
    func flushCarrier() {
        guard self.carrierIsUnflushed else { return }
        self.carrierIsUnflushed = false
        self.carrier?.flush()
    }

    /// Writes the model's voice and its marks as they come into their lane, in order; whoever sends into it flushes.
    func lendCarrierBody() {
        self.carrierAudio.lend {
            self.write($0)
        } settle: {
            self.carrier?.flush()
        }
    }

    private func write(_ outbound: OutboundAudio) {
        guard let link = self.carrier else { return }
        switch outbound {
        case .audio(let chunk, let due):
            link.send(audio: chunk)
            let now = ContinuousClock.now
            self.ports.metrics.frameWritten(.toCarrier, relay: due.duration(to: now))
            guard let since = self.answerAwaitedSince else { return }
            self.answerAwaitedSince = nil
            self.ports.metrics.turnLatency(since.duration(to: now))
            self.ports.observer?.observe(.turnLatency(since.duration(to: now)), callID: self.callID, at: Date())
        case .mark(let name): link.send(mark: name)
        }
    }

    /// Throws away what the caller has not heard, here and at the carrier.
    ///
    /// - Parameter readAt: When the model said that the caller speaks; nil where something else ends the answer.
    /// - Returns: What was not heard to its end; empty where there was nothing to clear.
    func clearPlayout(readAt: ContinuousClock.Instant?) -> [Playout.Cut] {
        let now = ContinuousClock.now
        guard let (cuts, dropped) = self.playout?.interrupt(at: now), !cuts.isEmpty else { return [] }
        self.stopPump()
        self.carrierAudio.clear()
        self.carrier?.clear()
        self.carrier?.flush()
        if let readAt {
            let latency = readAt.duration(to: .now)
            self.ports.metrics.bargeIn(latency)
            self.ports.observer?.observe(.bargeIn(latency), callID: self.callID, at: Date())
        }
        if dropped > 0 { self.ports.metrics.framesDropped(.toCarrier, reason: .interrupted, count: dropped) }
        if let start = self.startInstant, let heard = self.playout?.placeHeard(at: now) {
            self.recorder?.cutAssistant(at: start.duration(to: heard))
        }
        return cuts
    }

    /// All that was received has been heard, and the carrier says so, or had a second longer to say it.
    var isSilent: Bool {
        guard let playout = self.playout else { return true }
        let now = ContinuousClock.now
        guard playout.isSilent(at: now) else { return false }
        return playout.isProvenPlayed || playout.endsAt.map { $0 + .seconds(1) <= now } ?? true
    }

    func checkSilence() {
        guard self.conversation.awaitsSilence, let playout = self.playout else { return }
        if self.isSilent { return self.tell(.silence) }
        let now = ContinuousClock.now
        let ends = max(now, playout.endsAt ?? now)
        // At its end the mark of the last audio is due; without it, a second later.
        self.start(.silence, at: ends > now ? ends : now + .milliseconds(100))
    }

    // MARK: - Reaping

    func checkStale() {
        guard let link = self.carrier else { return }
        guard self.lastCarrierMessageAt.duration(to: .now) >= self.settings.staleAfter else {
            return self.start(.stale, at: self.lastCarrierMessageAt + self.settings.staleAfter)
        }
        self.ports.metrics.reaped(.stale)
        self.ports.metrics.streamRejected(.stale)
        self.carrierLost(link.id, reason: .stale)
        link.close(code: 1001, reason: "stale")
    }

    func giveUpWaiting() {
        guard self.carrier == nil else { return }
        if self.waitReason == .streamLost { self.ports.metrics.reaped(.streamLost) }
        self.end(self.waitReason)
    }
}
