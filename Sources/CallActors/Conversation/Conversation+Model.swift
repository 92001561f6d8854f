import Foundation
import Wire

/// Rules about the model's session and what it says.
extension Conversation {
    mutating func modelReady(at moment: Moment) -> [Action] {
        self.isModelReady = true
        self.sessionCount += 1
        var actions = self.replay()
        if !self.hasGreeted {
            self.hasGreeted = true
            let greeting = ModelResponseRequest(instructions: self.script.greeting, metadata: ["purpose": "greeting"])
            return actions + self.want(greeting)
        }
        let isOwed = self.owesResponse || self.transcript.endsWithCaller
        self.owesResponse = false
        switch self.phase {
        case .talking where isOwed: actions += self.want(ModelResponseRequest())
        case .sayingGoodbye(let reason, isSaid: false): actions += self.want(self.goodbye(reason))
        case .talking, .hangingUp, .sayingGoodbye, .ended: break
        }
        return actions
    }

    mutating func modelLost() -> [Action] {
        self.isModelReady = false
        self.callerIsSpeaking = false
        self.announcedHangUp = nil
        self.transcript.giveUpWaiting()
        if self.slot.reset() { self.owesResponse = true }
        if case .hangingUp(let reason, let callID, awaitsFarewell: true) = self.phase {
            self.phase = .hangingUp(reason, callID: callID, awaitsFarewell: false)
        }
        return []
    }

    mutating func handle(model event: ModelEvent, at moment: Moment) -> [Action] {
        switch event {
        case .responseCreated(let id, _):
            let request = self.slot.created(id: id)
            if request?.metadata["purpose"] == "goodbye" { self.goodbyeID = id }
            return []
        case .itemAdded(let item, let previous): return self.added(item, after: previous, at: moment)
        case .transcriptDelta(_, let itemID, let text):
            self.transcript.appendText(text, to: itemID)
            return []
        case .transcriptDone(_, let itemID, let text):
            self.transcript.setText(text, of: itemID)
            return [.turnChanged(itemID: itemID)]
        case .functionCall(let call): return self.called(call, at: moment)
        case .responseDone(let result): return self.done(result, at: moment)
        case .committed(let itemID, let previous):
            self.callerIsSpeaking = false
            self.transcript.place(itemID, .turn(.user), after: previous, at: moment.date)
            return []
        case .callerTranscript(let itemID, let text, let usage):
            self.transcript.place(itemID, .turn(.user), after: nil, at: moment.date)
            self.transcript.setText(text, of: itemID)
            return [.turnChanged(itemID: itemID)] + (usage.map { [.used($0)] } ?? [])
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

    /// Items of ours come back too: they have their place already.
    private mutating func added(_ item: ModelItem, after previous: String?, at moment: Moment) -> [Action] {
        switch item.kind {
        case .message(.assistant): self.transcript.place(item.id, .turn(.assistant), after: previous, at: moment.date)
        case .message(.user): self.transcript.place(item.id, .turn(.user), after: previous, at: moment.date)
        case .message(.system), .functionCall, .functionCallOutput, .other: break
        }
        return []
    }

    private mutating func done(_ result: ModelResponseResult, at moment: Moment) -> [Action] {
        var actions: [Action] = result.usage.map { [.used($0)] } ?? []
        let wasGoodbye = result.id == self.goodbyeID
        if let next = self.slot.done(id: result.id) { actions.append(self.send(.createResponse(next))) }
        switch result.status {
        case .completed: self.failedResponses = 0
        case .failed: actions += self.retryLater(result)
        case .cancelled, .incomplete: break
        }
        if result.status != .completed { actions += self.withdrawConsultations(of: result.id) }
        if wasGoodbye, case .sayingGoodbye(let reason, _) = self.phase {
            self.phase = .sayingGoodbye(reason, isSaid: true)
            return moment.isSilent ? actions + self.end(reason) : actions
        }
        if case .hangingUp(let reason, let callID, awaitsFarewell: true) = self.phase {
            self.phase = .hangingUp(reason, callID: callID, awaitsFarewell: false)
            return moment.isSilent ? actions + self.end(reason) : actions
        }
        if let announced = self.announcedHangUp, announced.call.responseID == result.id {
            self.announcedHangUp = nil
            if result.status == .completed { actions += self.hangUp(announced.call, announced.reason, at: moment) }
        }
        return actions
    }

    /// A response that the model could not give is asked for again, a little later each time, at most three times.
    private mutating func retryLater(_ result: ModelResponseResult) -> [Action] {
        self.failedResponses += 1
        guard self.failedResponses <= 3, self.phase == .talking else { return [] }
        return [.start(.retryResponse, after: .seconds(self.failedResponses))]
    }

    private mutating func failed(_ error: ModelErrorInfo) -> [Action] {
        if error.code == "conversation_already_has_active_response" {
            self.slot.refusedAsBusy()
            return []
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
