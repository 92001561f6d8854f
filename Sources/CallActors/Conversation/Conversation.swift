import Foundation
import Wire

/// Every rule about what is said in a call: turns, interruptions, tools, goodbyes; event in, actions out.
///
/// It has no clock, no socket and no task, so that a call can be replayed and a million calls with every kind of fault
/// simulated in virtual time.
package struct Conversation: Sendable {
    /// Where the conversation stands.
    package enum Phase: Sendable, Equatable {
        /// Both sides talk; waits for whatever comes.
        case talking
        /// The model wants to hang up: waits until its goodbye was heard. `callID` is its tool call, until answered.
        case hangingUp(EndReason, callID: String?, awaitsFarewell: Bool)
        /// A person is to take over: waits until the announcement was said and heard. `callID` is the tool call that
        /// asked for it, nil where the operator did.
        case announcingTransfer(to: String, callID: String?, isSaid: Bool)
        /// The carrier dials the person, or they talk: the model has no part in the call now.
        case handedOver(callID: String?)
        /// A limit ends the call: waits until the goodbye was said and heard.
        case sayingGoodbye(EndReason, isSaid: Bool)
        /// A mailbox has answered for certain: nothing is answered any more, and the message is left.
        case leavingMessage(MessageDrop)
        case ended
    }

    struct Consultation: Sendable, Equatable {
        var responseID: String
        var fillerAsked = false
    }

    /// What the model is saying: a message of a response that is not done.
    struct Answer: Sendable, Equatable {
        var responseID: String
        var itemID: String
        /// Some of its sound is there; words alone were not heard by anybody.
        var hasAudio = false
        /// Its words are in the journal.
        var isNoted = false
    }

    package private(set) var script: ConversationScript
    /// The script still has what only the set-up of a session needs.
    private(set) var hasSessionTexts = true
    package internal(set) var transcript: Transcript
    package internal(set) var phase = Phase.talking
    package internal(set) var isModelReady = false
    package internal(set) var callerIsSpeaking = false

    var slot = ResponseSlot()
    var consultations: [String: Consultation] = [:]
    var answers: [Answer] = []
    /// Tool calls that something outside answers, other than consultations.
    var pendingTools: Set<String> = []
    /// A transfer that the model asked for in a response that is not done yet.
    var announcedTransfer: (call: ModelFunctionCall, number: String)?
    /// A hang-up that the model asked for in a response that is not done yet.
    var announcedHangUp: (call: ModelFunctionCall, reason: EndReason)?
    /// Responses whose late audio must not be heard.
    var muted = RecentNames()
    /// Responses that are done: what else comes of them is late news.
    var finished = RecentNames()
    /// The response that says goodbye, once it runs.
    var goodbyeID: String?
    var hasGreeted: Bool
    /// Some sound of the model was there.
    var hasSpoken = false
    /// A response is owed that could not be asked for while no session was open.
    var owesResponse: Bool
    /// What is to be said first in the next session, in order and in place of a free response; at most eight, the oldest
    /// gives way.
    var owedRequests: [ModelResponseRequest] = []
    var failedResponses = 0
    /// The identifier of our last `createResponse`, to know what an error is about.
    var lastRequestID: String?
    var eventCount = 0
    var itemCount = 0
    var sessionCount = 0
    /// What is known of a mailbox and of the message for it; nil where none is looked for (any more).
    var mailbox: MailboxWatch?

    /// - Parameters:
    ///   - script: The texts of this call.
    ///   - transcript: What was said before.
    ///   - mailbox: What is known of a mailbox on the far end; nil where none is looked for.
    package init(
        script: ConversationScript,
        transcript: Transcript = Transcript(),
        mailbox: MailboxWatch? = nil
    ) {
        self.script = script
        self.transcript = transcript
        self.hasGreeted = transcript.hasWords
        self.owesResponse = transcript.lastSpeaker == .user
        self.mailbox = mailbox
        if mailbox?.wasFoundBefore == true {
            self.phase = .leavingMessage(MessageDrop(hasMessage: false, isSpoken: false))
        }
    }

    /// Audio of this response came too late: the caller has moved on.
    package func isMuted(responseID: String) -> Bool { self.muted.contains(responseID) }

    /// Nobody speaks, nothing runs: a good moment to change the model session.
    package var isQuiet: Bool {
        self.phase == .talking && !self.callerIsSpeaking && self.slot.isIdle && self.consultations.isEmpty
    }

    /// A limit may still end the call with a goodbye; otherwise its end is near already.
    package var acceptsLimit: Bool {
        switch self.phase {
        case .talking, .announcingTransfer: true
        case .hangingUp, .handedOver, .sayingGoodbye, .leavingMessage, .ended: false
        }
    }

    /// The end of the playout decides something: ``Event/silence`` is wanted.
    package var awaitsSilence: Bool {
        switch self.phase {
        case .hangingUp(_, _, let awaitsFarewell): !awaitsFarewell
        case .announcingTransfer(_, _, let isSaid): isSaid && !self.callerIsSpeaking && self.slot.isIdle
        case .sayingGoodbye(_, let isSaid): isSaid
        case .leavingMessage(let drop): drop.isPlaying && self.isMessageWhole
        case .talking, .handedOver, .ended: false
        }
    }

    /// Takes one event and returns what must be done about it, in order.
    package mutating func handle(_ event: Event, at moment: Moment) -> [Action] {
        guard self.phase != .ended else { return [] }
        if case .leavingMessage(let drop) = self.phase { return self.handle(event, leaving: drop, at: moment) }
        switch event {
        case .modelReady: return self.modelReady(at: moment) + self.orderMessageAgain()
        case .modelLost: return self.modelLost() + self.forgetUnfinishedMessage()
        case .model(let event): return self.watch(event, at: moment)
        case .voicemail(let event): return self.handle(voicemail: event, at: moment)
        case .audioBegan(let responseID, let itemID):
            self.hasSpoken = true
            self.mailbox?.judge.assistantSpoke()
            self.noteAnswer(responseID, itemID, hasAudio: true)
            return []
        case .callerSpoke(let itemID, let cuts): return self.callerSpoke(itemID: itemID, cuts: cuts, at: moment)
        case .silence: return self.silence()
        case .dtmf(let digit): return self.pressed(digit, at: moment)
        case .consulted(let callID, let advice): return self.consulted(callID: callID, advice: advice, at: moment)
        case .timer(let timer): return self.fired(timer, at: moment)
        case .limit(let reason, let cuts): return self.reachedLimit(reason, cuts: cuts, at: moment)
        case .say(let instructions): return self.say(instructions)
        case .transferOrdered(let number): return self.transferOrdered(to: number)
        case .transferUnanswered: return self.takeBack(at: moment)
        case .toolAnswered(let callID, let output): return self.toolAnswered(callID, output, at: moment)
        }
    }

    /// The caller said something that is still being transcribed.
    package var awaitsWords: Bool { self.transcript.awaitsText }

    /// Takes what the model still writes down after the end of the call; nothing else is decided any more.
    package mutating func handleLastWords(_ event: ModelEvent, at moment: Moment) -> [Action] {
        switch event {
        case .callerTranscript, .callerTranscriptFailed, .committed: self.handle(model: event, at: moment)
        default: []
        }
    }

    /// The call was in a person's hands when the last session of it ended, and still is.
    package mutating func beHandedOver() { self.phase = .handedOver(callID: nil) }

    // MARK: - What every rule uses

    mutating func send(_ command: ModelCommand) -> Action {
        self.eventCount += 1
        let eventID = "c_\(self.eventCount)"
        if case .createResponse = command { self.lastRequestID = eventID }
        return .send(command, eventID: eventID)
    }

    /// Asks for a response now, or when the active one is done, or when a session is open again.
    mutating func want(_ request: ModelResponseRequest) -> [Action] {
        guard self.isModelReady else {
            self.owesResponse = true
            return []
        }
        return self.slot.want(request).map { [self.send(.createResponse($0))] } ?? []
    }

    /// Instructions and tools have been sent, and take more memory than everything else that a call keeps in words.
    mutating func forgetSessionTexts() {
        self.hasSessionTexts = false
        self.script.instructions = ""
        self.script.tools = []
    }

    mutating func newItemID(_ kind: String) -> String {
        self.itemCount += 1
        return "\(kind)_\(self.sessionCount)_\(self.itemCount)"
    }

    mutating func end(_ reason: EndReason) -> [Action] {
        self.phase = .ended
        let withdrawn = self.consultations.keys.sorted().map { Action.withdraw(callID: $0) }
        self.consultations.removeAll()
        return withdrawn + [.end(reason)]
    }

    static func wholeMilliseconds(_ duration: Duration) -> Duration {
        let (seconds, attoseconds) = duration.components
        return .milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}

/// The last few of a series of names; late news comes within a second, so more need not be kept.
struct RecentNames: Sendable, Equatable {
    private var names: [String] = []
    private static let limit = 32

    func contains(_ name: String) -> Bool { self.names.contains(name) }

    mutating func insert(_ name: String) {
        guard !self.contains(name) else { return }
        if self.names.count == Self.limit { self.names.removeFirst() }
        self.names.append(name)
    }
}
