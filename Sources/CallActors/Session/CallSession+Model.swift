import Foundation
import Logging
import NIOCore
import Wire

/// The voice model's side of a call.
extension CallSession {
    /// Orders a model socket; the order before it, if any, is void.
    func orderModel() {
        self.modelGeneration += 1
        self.isModelConfigured = false
        self.order(.openModel(generation: self.modelGeneration))
    }

    func order(_ work: Work) {
        if self.work.send(work) == .displacedOldest { self.fail(.workOverflow) }
    }

    /// Opens one socket to the model; its link and its events arrive by ``ModelInbox``.
    func openModel(_ generation: Int) async {
        guard generation == self.modelGeneration, self.isLive else { return }
        do throws(ModelConnectError) {
            try await self.ports.connector.connect(
                on: self.loop,
                endUser: self.record.direction == .inbound ? self.record.from : self.record.to,
                receiver: ModelInbox(session: self, generation: generation)
            )
        } catch {
            guard generation == self.modelGeneration, self.isLive else { return }
            self.logger.warning("\(error)")
            let cause: ModelErrorClass =
                if case .refused(let status) = error { ModelErrorClass.of(upgradeStatus: status) } else { .reconnect }
            self.modelGone(cause, reason: "\(error)")
        }
    }

    func modelOpened(_ link: any ModelLink, generation: Int) {
        // The call went on without this socket.
        guard generation == self.modelGeneration, self.isLive else { return link.close() }
        self.model = link
        self.ports.metrics.connections(.model, delta: 1)
        self.start(.modelSetUp, after: self.settings.modelSetUpWithin)
    }

    func closeModel() {
        self.stop(.modelSetUp)
        self.stop(.rollover)
        self.isModelConfigured = false
        self.callerAudio?.close()
        guard let model = self.model else { return }
        self.model = nil
        self.ports.metrics.connections(.model, delta: -1)
        model.close()
    }

    /// The model socket is gone or useless: tries again, or gives the call up.
    func modelGone(_ cause: ModelErrorClass, reason: String) {
        guard self.isLive else { return self.finish() }
        let wasReady = self.isModelConfigured
        self.modelGeneration += 1
        self.closeModel()
        // What was received is still played; nothing more of it will come.
        self.playout?.finishAll()
        self.pump(due: .now)
        self.tell(.modelLost)
        guard self.isLive else { return }
        if wasReady { self.note(.modelLost(reason: reason)) }
        switch self.supervision.lost(cause, at: .now, jitter: Double.random(in: 0...1)) {
        case .tryAgain(let delay):
            if wasReady { self.ports.metrics.restarted(.model) }
            self.ports.observer?.observe(.restarted, callID: self.callID, at: Date())
            self.start(.modelRetry, after: delay)
        case .giveUp where self.conversation.isLeavingMessage: self.tell(.voicemail(.modelGivenUp))
        case .giveUp:
            self.end(.modelFailed, errorMessage: "The voice model was lost for good: \(reason)")
        case .open, .none: break
        }
    }

    /// Takes what the model says on the socket of this generation.
    package func receive(_ event: ModelEvent, generation: Int, readAt: ContinuousClock.Instant) {
        guard generation == self.modelGeneration else { return }
        guard self.isLive else { return self.receiveLastWords(event) }
        switch event {
        case .audio(let responseID, let itemID, let base64): self.play(base64, responseID, itemID, readAt: readAt)
        case .audioDone(_, let itemID):
            self.playout?.finish(itemID: itemID)
            self.pump(due: readAt, isReading: true)
        case .speechStarted(let itemID, _) where !self.conversation.isLeavingMessage:
            self.speechEnd = nil
            self.answerAwaitedSince = nil
            self.tell(.callerSpoke(itemID: itemID, cuts: self.clearPlayout(readAt: readAt)))
        case .speechStopped(_, let audioEnd):
            self.speechEnd = audioEnd
            self.answerAwaitedSince = readAt
            self.tell(.model(event))
        case .committed:
            self.callerAudio?.committed(upTo: self.speechEnd)
            self.speechEnd = nil
            self.tell(.model(event))
        case .responseDone(let response):
            self.playout?.finish(responseID: response.id)
            self.pump(due: readAt, isReading: true)
            self.tell(.model(event))
        case .sessionCreated: self.configure()
        case .sessionUpdated(let info): self.configured(info)
        case .error(let error):
            self.logger.debug("the voice model reports an error", metadata: ["code": "\(error.code ?? "none")"])
            self.tell(.model(event))
        default: self.tell(.model(event))
        }
    }

    package func modelReadComplete() {
        self.flushCarrier()
        self.model?.flush()
    }

    func modelClosed(generation: Int, code: UInt16?, reason: String) {
        guard generation == self.modelGeneration else { return }
        let cause = ModelErrorClass.of(closeCode: code, reason: reason)
        self.modelGone(cause, reason: "closed with \(code.map(String.init) ?? "no code")")
    }

    private func play(_ base64: ByteBuffer, _ responseID: String, _ itemID: String, readAt: ContinuousClock.Instant) {
        guard let audio = Base64.decode(base64) else {
            self.ports.metrics.malformedMessage(.model)
            return
        }
        guard !self.conversation.isMessage(responseID) else { return self.keep(audio) }
        guard !self.conversation.isMuted(responseID: responseID) else {
            let frames = audio.readableBytes / max(1, self.format?.frameByteCount ?? 160)
            self.ports.metrics.framesDropped(.toCarrier, reason: .interrupted, count: max(1, frames))
            return
        }
        if self.playout?.enqueue(responseID: responseID, itemID: itemID, audio: audio, at: readAt) == true {
            self.tell(.audioBegan(responseID: responseID, itemID: itemID))
        }
        if let shed = self.playout?.shed(beyond: self.settings.playoutKept), shed > 0 {
            let reason: FrameDropReason = self.carrier == nil ? .notConnected : .overflow
            self.ports.metrics.framesDropped(.toCarrier, reason: reason, count: shed)
        }
        self.pump(due: readAt, isReading: true)
    }

    // MARK: - Set-up

    private func configure() {
        guard let format = self.format else { return }
        // Kept until the first session has them; the rare later one words them anew.
        let script = self.conversation.hasSessionTexts ? self.conversation.script : self.ports.script(self.record)
        self.conversation.forgetSessionTexts()
        self.model?.send(
            .configure(
                ModelSessionSettings(
                    instructions: script.instructions,
                    voice: self.record.voice ?? self.settings.voice,
                    format: format,
                    transcriptionModel: self.settings.transcriptionModel,
                    tools: script.tools,
                    idleTimeout: self.settings.idleTimeout
                )
            ),
            eventID: "c_session_\(self.modelGeneration)"
        )
        self.model?.flush()
    }

    /// The session took our configuration; a format other than ours would be noise in the caller's ear.
    private func configured(_ info: ModelSessionInfo) {
        guard !self.isModelConfigured else { return }
        guard info.inputFormat == self.format, info.outputFormat == self.format else {
            let message =
                "The voice model's session has another audio format than the call. Check OPENAI_REALTIME_MODEL."
            self.logger.error("\(message)")
            return self.end(.modelFailed, errorMessage: message)
        }
        self.stop(.modelSetUp)
        self.isModelConfigured = true
        self.modelWasReady = true
        self.supervision.opened(at: .now)
        self.note(.modelReady)
        self.start(.rollover, after: self.sessionLength(info))
        self.tell(.modelReady)
        guard let replayed = self.callerAudio?.open(), replayed > 0 else { return }
        self.ports.metrics.framesReplayed(count: replayed)
    }

    /// Nine tenths of what the session says it lives, where that is plausible.
    private func sessionLength(_ info: ModelSessionInfo) -> Duration {
        guard let expiresAt = info.expiresAt else { return self.settings.modelSessionLength }
        let left = Double(expiresAt) - Date().timeIntervalSince1970
        guard left >= 60, left <= 7200 else { return self.settings.modelSessionLength }
        return min(self.settings.modelSessionLength, .seconds(left * 0.9))
    }

    func rollOverWhenQuiet() {
        guard self.isModelConfigured else { return }
        guard self.conversation.isQuiet, self.isSilent else { return self.start(.rollover, after: .milliseconds(250)) }
        guard self.supervision.rollOver() == .open else { return }
        self.logger.debug("the model session nears its end; a new one takes over")
        self.closeModel()
        self.tell(.modelLost)
        self.orderModel()
    }

    /// What the model task does: hands the caller's audio to whatever session is open; the end of each read flushes.
    ///
    /// - Returns: ``callerAudio`` has the body; false for the order of an earlier lane, which is void.
    func lendModelBody(_ generation: Int) -> Bool {
        guard generation == self.audioGeneration, let lane = self.callerAudio else { return false }
        lane.lend {
            self.append($0)
        } settle: {
            self.model?.flush()
        }
        return true
    }

    private func append(_ frame: CallerFrame) {
        guard let model = self.model else { return }
        guard model.isWritable else { return self.ports.metrics.framesDropped(.toModel, reason: .overflow, count: 1) }
        model.append(base64: frame.base64)
        self.ports.metrics.frameWritten(.toModel, relay: frame.readAt.duration(to: .now))
    }
}

/// Hands the events of one model socket to its session, on the loop that both live on.
final class ModelInbox: ModelReceiver {
    private let session: CallSession
    private let entrance: any CallEntrance
    private let generation: Int

    init(session: CallSession, generation: Int) {
        self.session = session
        self.entrance = session
        self.generation = generation
    }

    func modelOpened(_ link: any ModelLink) {
        self.session.assumeIsolated { $0.modelOpened(link, generation: self.generation) }
    }

    func model(event: ModelEvent, readAt: ContinuousClock.Instant) {
        self.entrance.receive(event, generation: self.generation, readAt: readAt)
    }

    func modelSentMalformedMessage(_ error: ModelMessageError) {
        self.session.assumeIsolated { $0.modelSentMalformedMessage(error) }
    }

    func modelReadComplete() { self.entrance.modelReadComplete() }

    func modelClosed(code: UInt16?, reason: String) {
        self.session.assumeIsolated { $0.modelClosed(generation: self.generation, code: code, reason: reason) }
    }
}
