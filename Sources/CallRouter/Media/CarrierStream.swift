import CallActors
import Logging
import NIOCore
import Wire

/// One carrier socket: reads the carrier's messages and hands them to the call that the stream belongs to.
///
/// Lives on its socket's event loop. The session usually lives there too and is entered directly; a stream that resumes
/// a call may have come in on another loop, and its messages are then carried over.
final class CarrierStream: WebSocketDelegate {
    private enum State {
        /// Waits for `start`, at most ten seconds.
        case awaitingStart
        /// The gate is looking for the call; what arrives meanwhile waits.
        case admitting
        /// The stream belongs to a call.
        case attached
        /// The carrier said `stop`, or we closed: nothing more counts.
        case over
    }

    /// Messages that may wait while the call is looked up: five seconds of sound.
    private static let waitingLimit = 256
    private static let startTimeout = TimeAmount.seconds(10)

    private let gate: StreamGate
    private let metrics: any CallMetering
    private let credentials: StreamGate.Credentials
    private let loop: CallLoop
    private let logger: Logger
    /// Until the socket is closed.
    private var handler: WebSocketHandler?
    private var state = State.awaitingStart
    private var link: CarrierStreamLink?
    private var session: CallSession?
    /// nil where the call runs at the carrier's own rate.
    private var transcoder: StreamTranscoder?
    private var tokenID: String?
    private var waiting: [(event: CarrierEvent, readAt: ContinuousClock.Instant)] = []
    private var startTimer: Scheduled<Void>?
    private var isClosed = false

    init(
        gate: StreamGate,
        metrics: any CallMetering,
        credentials: StreamGate.Credentials,
        loop: CallLoop,
        logger: Logger
    ) {
        self.gate = gate
        self.metrics = metrics
        self.credentials = credentials
        self.loop = loop
        self.logger = logger
    }

    /// The handler is in its pipeline: the clock for `start` runs.
    func begin(_ handler: WebSocketHandler) {
        self.handler = handler
        self.metrics.connections(.carrier, delta: 1)
        let bound = NIOLoopBound(self, eventLoop: self.loop.eventLoop)
        self.startTimer = self.loop.eventLoop.scheduleTask(in: Self.startTimeout) { bound.value.startTimedOut() }
    }

    // MARK: - WebSocketDelegate

    func webSocket(_ handler: WebSocketHandler, received text: ByteBuffer, readAt: ContinuousClock.Instant) {
        guard !self.isClosed else { return }
        do throws(CarrierMessageError) {
            self.receive(try CarrierDecoder.decode(text), readAt: readAt)
        } catch {
            self.ignore("\(error)")
        }
    }

    func webSocketReceivedBinary(_ handler: WebSocketHandler, byteCount: Int) {
        self.ignore("The carrier sent a binary message of \(byteCount) bytes; only text is expected.")
    }

    func webSocketReadComplete(_ handler: WebSocketHandler) {
        // Also of a read that ended with `stop`: the call may go on without this stream.
        guard let session = self.session else { return }
        let entrance: any CallEntrance = session
        if session.loop.eventLoop === self.loop.eventLoop {
            entrance.carrierReadComplete()
        } else {
            session.loop.eventLoop.execute { entrance.carrierReadComplete() }
        }
    }

    func webSocketWritabilityChanged(_ handler: WebSocketHandler, isWritable: Bool) {}

    func webSocketClosed(_ handler: WebSocketHandler, _ close: WebSocketClose) {
        guard !self.isClosed else { return }
        self.isClosed = true
        self.handler = nil
        self.startTimer?.cancel()
        self.metrics.connections(.carrier, delta: -1)
        self.logger.debug("carrier stream closed", metadata: ["code": "\(close.code.map(String.init) ?? "none")"])
        if self.state == .attached { self.tellLost() }
        if self.state != .admitting { self.forget() }
    }

    // MARK: - Messages

    private func receive(_ event: CarrierEvent, readAt: ContinuousClock.Instant) {
        switch (self.state, event) {
        case (_, .connected): break
        case (.awaitingStart, .start(let start)): self.admit(start)
        case (.admitting, .media), (.admitting, .dtmf), (.admitting, .mark), (.admitting, .stop):
            guard self.waiting.count < Self.waitingLimit else {
                return self.metrics.framesDropped(.toModel, reason: .notConnected, count: 1)
            }
            self.waiting.append((event, readAt))
        case (.attached, .media), (.attached, .dtmf), (.attached, .mark), (.attached, .stop):
            self.pass(event, readAt: readAt)
        case (_, .unknown(let name)): self.ignore("The carrier sent an unknown event of \(name.utf8.count) letters.")
        case (_, .start): self.ignore("The carrier sent a second start.")
        case (.awaitingStart, _): self.ignore("The carrier sent a message before start.")
        case (.over, _): self.ignore("The carrier sent a message after the end of the stream.")
        }
    }

    /// Well-formed for WebSocket but not for us: counted, and never the end of a good call.
    private func ignore(_ reason: String) {
        self.metrics.malformedMessage(.carrier)
        self.logger.debug("\(reason)")
    }

    private func pass(_ event: CarrierEvent, readAt: ContinuousClock.Instant) {
        if let tokenID = self.tokenID, case .media = event {
            self.tokenID = nil
            self.gate.ledger.sawMedia(tokenID)
        }
        guard let id = self.link?.id, let session = self.session else { return }
        let event = self.transcoded(event)
        let entrance: any CallEntrance = session
        if session.loop.eventLoop === self.loop.eventLoop {
            entrance.receive(event, from: id, readAt: readAt)
        } else {
            session.loop.eventLoop.execute { entrance.receive(event, from: id, readAt: readAt) }
        }
        if case .stop = event { self.state = .over }
    }

    /// The caller's audio at the call's own rate; everything else as it is.
    private func transcoded(_ event: CarrierEvent) -> CarrierEvent {
        guard let transcoder = self.transcoder, case .media(let payload) = event else { return event }
        // The decoder has seen that the payload is base64.
        return transcoder.caller(base64: payload).map { .media(payload: $0) } ?? event
    }

    private func tellLost() {
        guard let id = self.link?.id, let session = self.session else { return }
        if session.loop.eventLoop === self.loop.eventLoop {
            session.assumeIsolated { $0.carrierLost(id) }
        } else {
            session.loop.eventLoop.execute { session.assumeIsolated { $0.carrierLost(id) } }
        }
    }

    // MARK: - Admission

    private func admit(_ start: StreamStart) {
        guard let handler = self.handler else { return }
        self.startTimer?.cancel()
        self.startTimer = nil
        self.state = .admitting
        self.transcoder = start.mediaFormat?.audioFormat.flatMap(StreamTranscoder.init)
        let link = CarrierStreamLink(
            stream: self,
            handler: handler,
            streamSID: start.streamSID,
            transcoder: self.transcoder,
            loop: self.loop
        )
        self.link = link
        let bound = NIOLoopBound(self, eventLoop: self.loop.eventLoop)
        let (gate, credentials, loop) = (self.gate, self.credentials, self.loop)
        // Bounded by the look-ups of the gate; owned by nobody because the socket that asked may be gone before.
        Task(executorPreference: loop.taskExecutor) {
            let verdict = await gate.admit(start, credentials: credentials, link: link, on: loop)
            loop.eventLoop.execute { bound.value.admitted(verdict) }
        }
    }

    private func admitted(_ verdict: StreamGate.Verdict) {
        switch verdict {
        case .admitted(let tokenID):
            self.tokenID = tokenID
            if self.state == .admitting { self.state = .attached }
            let waiting = self.waiting
            self.waiting = []
            for (event, readAt) in waiting { self.receive(event, readAt: readAt) }
            if let handler = self.handler { self.webSocketReadComplete(handler) }
            guard self.isClosed else { return }
            if self.state == .attached { self.tellLost() }
            self.forget()
        case .refused(let reason):
            let code: UInt16 = reason == .draining ? 1001 : 1008
            self.refuse(reason, code: code)
        case .wrongCodec: self.refuse(.codec, code: 1003)
        }
    }

    private func refuse(_ reason: RejectReason, code: UInt16) {
        self.metrics.streamRejected(reason)
        self.logger.info("stream refused", metadata: ["reason": "\(reason.rawValue)"])
        self.close(code: code, reason: reason.rawValue)
        if self.isClosed { self.forget() }
    }

    private func startTimedOut() {
        guard self.state == .awaitingStart, !self.isClosed else { return }
        self.metrics.reaped(.startTimeout)
        self.refuse(.startTimeout, code: 1008)
    }

    // MARK: - For the link

    func attached(to session: CallSession) { self.session = session }

    func close(code: UInt16, reason: String) {
        self.state = .over
        self.handler?.close(code: code, reason: reason)
    }

    /// Lets go of the call once nothing can arrive any more.
    private func forget() {
        self.session = nil
        self.link = nil
        self.transcoder = nil
        self.waiting = []
        self.state = .over
    }
}
