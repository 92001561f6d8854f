import Foundation
import Wire

/// Rules about the model's session and what it says.
extension Conversation {
    mutating func modelReady(at moment: Moment) -> [Action] {
        self.isModelReady = true
        self.sessionCount += 1
        self.transcript.beginSession()
        let isOwed = self.owesResponse
        self.owesResponse = false
        let owed = self.owedRequests
        self.owedRequests = []
        let actions = self.replay()
        switch self.phase {
        case .announcingTransfer(_, _, isSaid: false):
            return actions + self.want(self.transferAnnouncement)
        case .talking where !self.hasGreeted:
            self.hasGreeted = true
            return actions + self.want(self.greeting) + owed.flatMap { self.want($0) }
        case .talking where !owed.isEmpty: return actions + owed.flatMap { self.want($0) }
        // The answer of a consultation asks for its own response.
        case .talking where isOwed && self.consultations.isEmpty: return actions + self.want(ModelResponseRequest())
        case .sayingGoodbye(let reason, isSaid: false): return actions + self.want(self.goodbye(reason))
        case .talking, .hangingUp, .announcingTransfer, .handedOver, .sayingGoodbye, .leavingMessage, .ended:
            return actions
        }
    }

    mutating func modelLost() -> [Action] {
        self.isModelReady = false
        let wasBusy = self.slot.reset()
        // Whoever was speaking is heard again by the next session, which answers by itself.
        if !self.callerIsSpeaking, wasBusy || self.transcript.lastSpeaker == .user { self.owesResponse = true }
        self.callerIsSpeaking = false
        self.announcedHangUp = nil
        self.announcedTransfer = nil
        self.goodbyeID = nil
        self.transcript.giveUpWaiting()
        for answer in self.answers where !answer.hasAudio { self.transcript.remove(answer.itemID) }
        let actions = self.noteRest()
        if !self.transcript.hasWords, !self.hasSpoken { self.hasGreeted = false }
        if case .hangingUp(let reason, let callID, awaitsFarewell: true) = self.phase {
            self.phase = .hangingUp(reason, callID: callID, awaitsFarewell: false)
        }
        return actions
    }

    mutating func handle(model event: ModelEvent, at moment: Moment) -> [Action] {
        switch event {
        case .responseCreated(let id, let metadata): return self.created(id, metadata)
        case .itemAdded(let item, let previous): return self.added(item, after: previous, at: moment)
        case .transcriptDelta(let responseID, let itemID, let text):
            return self.wrote(text, isWhole: false, responseID, itemID)
        case .transcriptDone(let responseID, let itemID, let text):
            return self.wrote(text, isWhole: true, responseID, itemID)
        case .functionCall(let call): return self.called(call, at: moment)
        case .responseDone(let result): return self.done(result, at: moment)
        case .committed(let itemID, let previous):
            self.callerIsSpeaking = false
            let hasMoved = self.transcript.place(itemID, .turn(.user), after: previous, at: moment.date)
            return hasMoved ? [.turnChanged(itemID: itemID)] : []
        case .callerTranscript(let itemID, let text, let usage):
            self.transcript.place(itemID, .turn(.user), after: nil, at: moment.date)
            self.transcript.setText(text, of: itemID)
            return [.turnChanged(itemID: itemID)] + (usage.map { [.transcribed($0)] } ?? [])
        case .callerTranscriptFailed(let itemID, _, _):
            self.transcript.remove(itemID)
            return []
        case .speechStopped:
            self.callerIsSpeaking = false
            return []
        case .error(let error): return self.failed(error)
        // The session keeps the audio; what else is said changes nothing here.
        case .sessionCreated, .sessionUpdated, .audio, .audioDone, .textDone, .speechStarted, .idleTimeout, .truncated,
            .deleted, .ignored:
            return []
        }
    }

    /// Items of ours come back too: they have their place already, unless the model knows better.
    private mutating func added(_ item: ModelItem, after previous: String?, at moment: Moment) -> [Action] {
        let role: TranscriptLine.Role
        switch item.kind {
        case .message(.assistant): role = .assistant
        case .message(.user): role = .user
        case .message(.system), .functionCall, .functionCallOutput, .other: return []
        }
        let hasMoved = self.transcript.place(item.id, .turn(role), after: previous, at: moment.date)
        return hasMoved ? [.turnChanged(itemID: item.id)] : []
    }

    private mutating func created(_ id: String, _ metadata: [String: String]) -> [Action] {
        // Its end was told before its beginning: it does not run any more.
        guard !self.finished.contains(id) else { return [] }
        let request = self.slot.created(id: id)
        let purpose = metadata["purpose"] ?? request?.metadata["purpose"]
        if purpose == "goodbye" {
            self.goodbyeID = id
            return []
        }
        switch self.phase {
        // Only the goodbye is to be said.
        case .sayingGoodbye(_, isSaid: false): return self.cancel(id)
        // Asked for before the caller began to speak: nobody wants it any more.
        case .talking where purpose == "farewell" || (request != nil && self.callerIsSpeaking): return self.cancel(id)
        case .talking, .hangingUp, .announcingTransfer, .handedOver, .sayingGoodbye, .leavingMessage, .ended: return []
        }
    }

    private mutating func done(_ result: ModelResponseResult, at moment: Moment) -> [Action] {
        guard !self.finished.contains(result.id) else { return [] }
        self.finished.insert(result.id)
        var actions: [Action] = result.usage.map { [.used($0)] } ?? []
        var hangUp: (call: ModelFunctionCall, reason: EndReason)?
        if let announced = self.announcedHangUp, announced.call.responseID == result.id {
            self.announcedHangUp = nil
            if result.status == .completed, self.phase == .talking, !self.callerIsSpeaking {
                hangUp = announced
                // Nothing else is to be said.
                self.slot.dropWaiting()
            } else {
                let callID = announced.call.callID
                actions += self.answer(callID: callID, output: self.script.withdrawnHangUp, at: moment)
            }
        }
        let transfer = self.dueTransfer(of: result, &actions, at: moment)
        if result.status != .completed { actions += self.withdrawConsultations(of: result.id, at: moment) }
        if let next = self.slot.done(id: result.id) { actions.append(self.send(.createResponse(next))) }
        switch result.status {
        case .completed: self.failedResponses = 0
        case .failed: actions += self.retryLater(result)
        case .cancelled, .incomplete: break
        }
        let hasSpoken = self.answers.contains { $0.responseID == result.id }
        actions += self.noteRest(of: result.id)
        if let transfer {
            return actions + self.announce(transfer.call, transfer.number, hasSpoken: hasSpoken, at: moment)
        }
        if let hangUp { return actions + self.hangUp(hangUp.call, hangUp.reason, hasSpoken: hasSpoken, at: moment) }
        return actions + self.said(result.id, at: moment)
    }

    /// The response was the goodbye that the call's end waits for.
    private mutating func said(_ responseID: String, at moment: Moment) -> [Action] {
        switch self.phase {
        case .sayingGoodbye(let reason, isSaid: false) where responseID == self.goodbyeID:
            self.phase = .sayingGoodbye(reason, isSaid: true)
            return moment.isSilent ? self.end(reason) : []
        case .hangingUp(let reason, let callID, awaitsFarewell: true) where self.slot.isIdle:
            self.phase = .hangingUp(reason, callID: callID, awaitsFarewell: false)
            return moment.isSilent ? self.end(reason) : []
        case .announcingTransfer(let number, let callID, isSaid: false) where self.slot.isIdle:
            self.phase = .announcingTransfer(to: number, callID: callID, isSaid: true)
            return moment.isSilent ? self.silence() : []
        case .talking, .hangingUp, .announcingTransfer, .handedOver, .sayingGoodbye, .leavingMessage, .ended: return []
        }
    }

    /// A response that the model could not give is asked for again, a little later each time, at most three times.
    private mutating func retryLater(_ result: ModelResponseResult) -> [Action] {
        let errorClass = ModelErrorClass.of(result)
        if errorClass == .fatal { return [.modelFailed(code: result.error?.code ?? "unknown")] }
        self.failedResponses += 1
        guard self.failedResponses <= 3, self.phase == .talking else { return [] }
        let wait = Duration.seconds(self.failedResponses) * (errorClass == .backOff ? 2 : 1)
        return [.start(.retryResponse, after: wait)]
    }

    private mutating func failed(_ error: ModelErrorInfo) -> [Action] {
        if error.code == "conversation_already_has_active_response" {
            // What seemed to be the goodbye is the response that was in its way.
            if let active = self.slot.activeID, active == self.goodbyeID { self.goodbyeID = nil }
            self.slot.refusedAsBusy()
            // Only the goodbye is to be said.
            guard case .sayingGoodbye(_, isSaid: false) = self.phase, let active = self.slot.activeID else { return [] }
            return self.cancel(active)
        }
        if ModelErrorClass.of(error) == .fatal { return [.modelFailed(code: error.code ?? "unknown")] }
        if let eventID = error.eventID, eventID == self.lastRequestID, let next = self.slot.refused() {
            return [self.send(.createResponse(next))]
        }
        return []
    }

    /// Tells a new session what was said before it.
    private mutating func replay() -> [Action] {
        let history = self.transcript.history
        guard !history.isEmpty else { return [] }
        var actions = [self.send(.createItem(.message(id: nil, role: .system, text: self.script.historyPreamble)))]
        for (entry, line) in history.suffix(Self.replayLimit) {
            switch entry.content {
            case .turn(let role):
                guard let line else { continue }
                let id = self.newItemID("hist")
                self.transcript.alias(id, for: entry.itemID)
                let speaker: ModelItem.Role = role == .user ? .user : .assistant
                actions.append(self.send(.createItem(.message(id: id, role: speaker, text: line.content))))
            case .toolCall(let callID, let name, let arguments):
                let item = ModelHistoryItem.functionCall(
                    id: nil,
                    callID: callID,
                    name: name,
                    arguments: arguments
                )
                actions.append(self.send(.createItem(item)))
            case .toolResult(let callID, let output):
                let item = ModelHistoryItem.functionCallOutput(id: nil, callID: callID, output: output)
                actions.append(self.send(.createItem(item)))
            }
        }
        return actions
    }

    /// More of a conversation than this is not told again; far more than a phone call holds.
    private static let replayLimit = 400
}
