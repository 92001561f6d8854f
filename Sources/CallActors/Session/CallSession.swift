import Foundation
import Logging
import NIOCore
import Wire

/// One call: the thin shell around its conversation, on the event loop of its sockets.
///
/// It feeds events to the values that decide (``Conversation``, ``Playout``, ``ModelSupervision``) and carries their
/// actions out. Audio goes around the decisions, through two bounded lanes: from the carrier's socket to the model task,
/// and from the playout to the carrier task. Handlers on the same loop enter by ``CallEntrance``; nothing of a frame
/// crosses a thread or wakes a task.
package actor CallSession {
    package nonisolated let callID: String
    package nonisolated let loop: CallLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { self.loop.unownedExecutor }

    let settings: CallSettings
    let ports: CallPorts
    let record: CallRecord
    private let processLogger: Logger

    // What decides.
    var conversation: Conversation
    var supervision = ModelSupervision()
    var playout: Playout?

    // The two sides.
    var carrier: (any CarrierLink)? { didSet { self.carrierID = self.carrier?.id } }
    /// That of ``carrier``, looked at for each of its messages.
    private(set) var carrierID: UInt64?
    var format: AudioFormat?
    var model: (any ModelLink)?
    var modelGeneration = 0
    var isModelConfigured = false
    var modelWasReady = false

    // The lanes between the tasks of the call.
    var callerAudio: CallerAudioLane?
    /// Counts the lanes of caller audio; there is one for each format.
    var audioGeneration = 0
    let carrierAudio = LoopLane<OutboundAudio>(limit: 256)
    /// Something was written to the carrier that waits to be flushed.
    var carrierIsUnflushed = false
    let work = LoopLane<Work>(limit: 64)
    var consultations: [String: LoopLane<Void>] = [:]

    // Time.
    var timers: [TimerKey: NIOScheduledCallback] = [:]
    /// When the playout is asked again; nil where it waits for nothing.
    var pumpAlarm: (at: ContinuousClock.Instant, timer: NIOScheduledCallback)?
    var startedAt: Date?
    var startInstant: ContinuousClock.Instant?
    /// When `MAX_CALL_SECONDS` are over.
    var maxDurationEndsAt: ContinuousClock.Instant?
    /// Since when the call is in the hands of a person.
    var handedOverAt: ContinuousClock.Instant?
    var lastCarrierMessageAt = ContinuousClock.now
    /// Why the stream that the call waits for went away.
    var waitReason: EndReason
    /// Appended audio at which the model last heard the caller stop.
    var speechEnd: Duration?
    /// The caller stopped speaking; the answer's first audio has not been written yet.
    var answerAwaitedSince: ContinuousClock.Instant?

    var usage: CallUsage
    /// What is heard of a mailbox, and the message for it.
    var voicemail = VoicemailDesk()
    /// Something was used since the cost was last looked at.
    var costIsDue = false
    // What the carrier was asked to do with the call.
    /// The carrier's identifier of the call.
    var callSID: String?
    /// The number that the call is being handed to; the stream is not expected before that is over.
    package internal(set) var transferTarget: String?
    var transferDeadline: ContinuousClock.Instant?
    /// The stream will end because we redirected the call, and come back.
    var expectsRedirect = false
    var sawStop = false
    /// Keys that wait to be pressed.
    var keypad = ""
    /// An opt-out is being written: the call does not end before it is.
    var optOutPending = false
    var endAfterOptOut: EndReason?

    var recorder: (any CallRecorder)?
    var isRecorded = false
    var ending: Ending? { didSet { self.isLive = false } }
    var result: CallSessionResult? { didSet { self.isLive = false } }
    /// The call goes on in this session: it has neither an ending nor a result.
    private(set) var isLive = true
    private var hasRun = false

    /// - Parameters:
    ///   - record: The call; its transcript and usage are what an earlier session left.
    ///   - past: What earlier sessions left.
    ///   - waitReason: The end reason if no stream ever comes: `crashed` for a call of a dead process.
    ///   - settings: What is the same for every call.
    ///   - ports: Everything outside that the call uses.
    ///   - loop: Where the call runs.
    ///   - logger: Gets the call's identifier for each line.
    package init(
        record: CallRecord,
        past: CallPast = CallPast(),
        waitReason: EndReason = .streamLost,
        settings: CallSettings,
        ports: CallPorts,
        loop: CallLoop,
        logger: Logger
    ) {
        self.callID = record.callID
        self.loop = loop
        self.settings = settings
        self.ports = ports
        self.record = record
        self.processLogger = logger
        self.waitReason = waitReason
        self.callSID = record.callSID
        self.transferTarget = past.transferTarget
        self.usage = record.usage
        self.startedAt = record.startedAt
        self.modelWasReady = past.modelWasReady
        self.isRecorded = past.hadStream && ports.recorder != nil
        self.conversation = Conversation(
            script: ports.script(record),
            transcript: Transcript(restoring: past.turns),
            mailbox: MailboxWatch(for: record, past: past)
        )
        if past.transferTarget != nil { self.conversation.beHandedOver() }
    }

    /// What the carrier task writes.
    enum OutboundAudio {
        case audio(ByteBuffer, due: ContinuousClock.Instant)
        case mark(String)
    }

    /// What needs a task of its own.
    enum Work: Sendable {
        case feedModel(generation: Int)
        case openModel(generation: Int)
        case consult(callID: String, question: ReasoningQuestion)
        case redirect(callSID: String, url: String, isTransfer: Bool)
        case lookUpTransfer(callSID: String)
        case optOut(number: String)
        case scheduleCallback(callID: String, at: String, note: String)
    }

    package enum TimerKey: Hashable, Sendable {
        case conversation(Conversation.Timer)
        case silence, stale, resume, maxDuration, modelRetry, modelSetUp, rollover, lastWords, transfer, keypad
    }

    /// Runs the call from its first stream to its one end, and tells it; to be called once.
    package func run() async -> CallSessionResult {
        await self.carry()
        return self.conclusion
    }

    /// How the session ended; of meaning after ``carry()``.
    package var conclusion: CallSessionResult {
        self.result ?? .ended(self.callEnd(Ending(reason: .crashed, errorMessage: nil, at: Date())))
    }

    /// Runs the call from its first stream to its one end; to be called once.
    ///
    /// The call's own task is that of the carrier too: what it has lent to the carrier's lane writes the model's voice. Its
    /// frame lasts as long as the call, so what does not wait is done in functions of their own.
    package func carry() async {
        self.begin()
        self.lendCarrierBody()
        await withDiscardingTaskGroup { group in
            for await work in self.work { self.begin(work, in: &group) }
            group.cancelAll()
        }
    }

    @inline(never)
    private func begin() {
        precondition(!self.hasRun, "a session runs once; a restart is a new session")
        self.hasRun = true
        guard self.carrier == nil, self.isLive else { return }
        if self.transferTarget == nil {
            self.start(.resume, after: self.settings.resumeWithin)
        } else {
            self.continueTransfer()
        }
    }

    @inline(never)
    private func begin(_ work: Work, in group: inout DiscardingTaskGroup) {
        if case .feedModel(let generation) = work {
            guard self.lendModelBody(generation) else { return }
            // Begun here and now it is on the loop, and stays there with the actor. A preference for the loop, or one more
            // function that waits, would cost it a kilobyte.
            group.addImmediateTask { await withUnsafeContinuation { self.callerAudio?.resumeAtEnd($0) } }
        } else {
            group.addTask(executorPreference: self.loop.taskExecutor) { await self.carryOut(work) }
        }
    }

    private func carryOut(_ work: Work) async {
        switch work {
        case .feedModel: break  // Begun at once.
        case .openModel(let generation): await self.openModel(generation)
        case .consult(let callID, let question): await self.consult(callID, question)
        case .redirect(let callSID, let url, let isTransfer):
            await self.redirect(callSID: callSID, url: url, isTransfer: isTransfer)
        case .lookUpTransfer(let callSID): await self.lookUpTransfer(callSID: callSID)
        case .optOut(let number): await self.optOut(number)
        case .scheduleCallback(let callID, let at, let note):
            await self.scheduleCallback(callID, at: at, note: note)
        }
    }

    /// What this session knows of the call, where its journal cannot be read.
    var past: CallPast { CallPast(turns: self.conversation.transcript.turns, modelWasReady: self.modelWasReady) }

    /// Made for each line: with the identifier in its metadata it takes half a kilobyte, and a call has little to say.
    var logger: Logger {
        var logger = self.processLogger
        logger[metadataKey: "call_id"] = "\(self.callID)"
        return logger
    }

    // MARK: - Ending

    /// The call has ended, or this session of it has failed.
    package var isOver: Bool { !self.isLive }

    /// How the call ended, before its session is over.
    struct Ending: Sendable {
        var reason: EndReason
        var errorMessage: String?
        var at: Date
    }

    /// Ends the call, once; whatever comes later is late news.
    ///
    /// The stream is closed now. The session stays for a moment where the model still writes down what the caller said.
    func end(_ reason: EndReason, errorMessage: String? = nil) {
        guard self.isLive else { return }
        let reason = self.endAfterOptOut ?? self.conversation.reason(for: reason)
        if reason == .optedOut, self.optOutPending, self.endAfterOptOut == nil {
            self.endAfterOptOut = reason
            return
        }
        if reason == .modelFailed || reason == .carrierFailed {
            self.ports.metrics.error(reason == .modelFailed ? .model : .carrier)
        }
        let cuts = self.playout?.interrupt(at: .now).cuts ?? []
        for itemID in self.conversation.close(cuts: cuts) { self.noteTurn(itemID) }
        let ending = Ending(reason: reason, errorMessage: errorMessage, at: Date())
        self.ending = ending
        self.note(.ended(reason, errorMessage: errorMessage))
        self.stopAll()
        let draining = reason == .drained
        self.carrier?.flush()
        self.carrier?.close(code: draining ? 1001 : 1000, reason: draining ? "draining" : "call over")
        self.carrier = nil
        self.ports.observer?.observe(.ended(reason), callID: self.callID, at: ending.at)
        self.logger.info("call ended", metadata: ["end_reason": "\(reason.rawValue)"])
        if !self.awaitLastWords(reason) { self.finish() }
    }

    /// The session of a call that has ended is over too.
    func finish() {
        guard self.result == nil, let ending = self.ending else { return }
        self.result = .ended(self.callEnd(ending))
        self.tearDown()
    }

    /// Gives this session up so that the registry can start the next one from the journal; the stream stays open.
    func fail(_ failure: CallSessionFailure) {
        guard self.isLive else { return }
        self.result = .failed(failure, link: self.carrier, format: self.format)
        self.carrier = nil
        self.tearDown()
    }

    /// Stops everything that a call does, but the model's session.
    private func stopAll() {
        for timer in self.timers.values { timer.cancel() }
        self.timers.removeAll()
        self.stopPump()
        for withdrawn in self.consultations.values { withdrawn.finish() }
        self.consultations.removeAll()
        self.supervision.giveUp()
        self.finishCallerAudio()
        self.carrierAudio.finish()
        if let start = self.startInstant { self.recorder?.cutAssistant(at: start.duration(to: .now)) }
        self.recorder?.finish()
        self.recorder = nil
        self.playout = nil
    }

    private func tearDown() {
        self.stopAll()
        self.closeModel()
        self.work.finish()
    }

    private func callEnd(_ ending: Ending) -> CallEnd {
        var usage = self.usage
        usage.carrierSeconds = self.startedAt.map { Int(max(0, ending.at.timeIntervalSince($0)).rounded(.up)) } ?? 0
        return CallEnd(
            callID: self.callID,
            reason: ending.reason,
            startedAt: self.startedAt,
            endedAt: ending.at,
            transcript: self.conversation.transcript.lines,
            usage: usage,
            modelWasReady: self.modelWasReady,
            isRecorded: self.isRecorded,
            errorMessage: ending.errorMessage,
            direction: self.record.direction,
            farParty: self.record.farParty
        )
    }
}

/// How one session of a call ended.
package enum CallSessionResult: Sendable {
    case ended(CallEnd)
    /// The session failed; its stream, if any, is for the next one.
    case failed(CallSessionFailure, link: (any CarrierLink)?, format: AudioFormat?)
}

/// Why a session could not go on although its call could.
package enum CallSessionFailure: Error, Sendable, Equatable, CustomStringConvertible {
    /// A lane for orders was full: something is stuck.
    case workOverflow

    package var description: String {
        switch self {
        case .workOverflow: "A call had more than 64 orders waiting; its session is restarted. Please report this."
        }
    }
}
