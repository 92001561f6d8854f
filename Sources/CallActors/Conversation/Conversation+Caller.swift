import Foundation
import Wire

/// Rules about what the caller does, and about how a call ends.
extension Conversation {
    mutating func callerSpoke(itemID: String, cuts: [Playout.Cut], at moment: Moment) -> [Action] {
        self.callerIsSpeaking = true
        var actions = self.cut(cuts)
        if let active = self.slot.activeID {
            actions += self.dropUnheard(of: active)
            self.muted.insert(active)
        }
        // The model answers the new turn by itself; only a goodbye is still to be said.
        self.slot.dropWaiting { !Self.isOrdered($0) }
        self.transcript.place(itemID, .turn(.user), after: nil, at: moment.date)
        actions.append(.stop(.keypad))
        actions.append(.stop(.retryResponse))
        actions += self.withdrawConsultations(at: moment)
        if case .hangingUp(_, let callID, _) = self.phase {
            // They speak again: the call goes on, and the model must know.
            self.phase = .talking
            actions.append(.stop(.hangUp))
            if let callID { actions += self.answer(callID: callID, output: self.script.withdrawnHangUp, at: moment) }
        }
        if case .announcingTransfer(_, let callID?, _) = self.phase {
            self.phase = .talking
            actions.append(.stop(.handOver))
            actions += self.answer(callID: callID, output: Self.withdrawnTransfer, at: moment)
        }
        return actions
    }

    mutating func silence() -> [Action] {
        switch self.phase {
        case .hangingUp(let reason, _, awaitsFarewell: false): self.end(reason)
        case .sayingGoodbye(let reason, isSaid: true): self.end(reason)
        case .announcingTransfer(let number, let callID, isSaid: true) where !self.callerIsSpeaking && self.slot.isIdle:
            self.handOver(to: number, callID: callID)
        // Still waiting for the words themselves.
        case .hangingUp, .announcingTransfer, .handedOver, .sayingGoodbye, .talking, .leavingMessage, .ended: []
        }
    }

    mutating func pressed(_ digit: String, at moment: Moment) -> [Action] {
        let id = self.newItemID("key")
        let text = "[keypad: \(digit)]"
        self.transcript.place(id, .turn(.user), after: nil, at: moment.date)
        self.transcript.setText(text, of: id)
        var actions: [Action] = [.note(.dtmf(digit: digit)), .turnChanged(itemID: id)]
        if self.isModelReady {
            actions.append(self.send(.createItem(.message(id: id, role: .user, text: text))))
        } else {
            self.owesResponse = true
        }
        // More keys may follow: the model reacts to the whole input.
        actions.append(.start(.keypad, after: .milliseconds(1200)))
        return actions
    }

    mutating func fired(_ timer: Timer, at moment: Moment) -> [Action] {
        switch timer {
        case .filler(let callID): return self.fill(callID: callID, at: moment)
        case .keypad:
            // A response that runs already does not know the keys; one that waits will.
            guard self.phase == .talking, !self.callerIsSpeaking, !self.slot.isWaiting else { return [] }
            return self.want(ModelResponseRequest())
        case .retryResponse:
            guard self.phase == .talking, !self.callerIsSpeaking, self.slot.isIdle else { return [] }
            return self.want(self.transcript.hasWords ? ModelResponseRequest() : self.greeting)
        case .hangUp:
            switch self.phase {
            case .hangingUp(let reason, _, _), .sayingGoodbye(let reason, _): return self.end(reason)
            // The caller spoke again in the same moment.
            case .talking, .announcingTransfer, .handedOver, .leavingMessage, .ended: return []
            }
        case .handOver:
            guard case .announcingTransfer(let number, let callID, _) = self.phase else { return [] }
            return self.handOver(to: number, callID: callID)
        case .voicemail(let timer): return self.fired(voicemail: timer, at: moment)
        }
    }

    var greeting: ModelResponseRequest {
        ModelResponseRequest(instructions: self.script.greeting, metadata: ["purpose": "greeting"])
    }

    func goodbye(_ reason: EndReason) -> ModelResponseRequest {
        ModelResponseRequest(
            instructions: self.script.goodbyes[reason] ?? self.script.farewell,
            metadata: ["purpose": "goodbye"],
            toolChoice: ModelResponseRequest.ToolChoice.none
        )
    }

    mutating func reachedLimit(_ reason: EndReason, cuts: [Playout.Cut], at moment: Moment) -> [Action] {
        guard self.acceptsLimit else { return [] }
        var actions = self.cut(cuts) + self.withdrawConsultations(at: moment)
        self.announcedHangUp = nil
        self.announcedTransfer = nil
        if case .announcingTransfer(_, let callID?, _) = self.phase {
            actions += self.answer(callID: callID, output: Self.withdrawnTransfer, at: moment)
        }
        actions.append(.stop(.handOver))
        self.phase = .sayingGoodbye(reason, isSaid: false)
        // The hard end, ten seconds after the limit.
        actions.append(.start(.hangUp, after: .seconds(10)))
        if let active = self.slot.activeID {
            actions += self.dropUnheard(of: active) + self.cancel(active)
        } else if self.slot.state == .busy {
            actions.append(self.send(.cancelResponse(id: nil)))
        }
        self.slot.dropWaiting()
        return actions + self.want(self.goodbye(reason))
    }

    /// Nobody is to hear more of this response.
    mutating func cancel(_ responseID: String) -> [Action] {
        self.muted.insert(responseID)
        return [self.send(.cancelResponse(id: responseID))]
    }

    /// The model asked to hang up, and its response is complete: waits for the goodbye to be heard.
    ///
    /// - Parameters:
    ///   - call: The tool call.
    ///   - reason: Why the call ends.
    ///   - hasSpoken: The response said something too.
    ///   - moment: The present.
    /// - Returns: What is to be done about it.
    mutating func hangUp(
        _ call: ModelFunctionCall,
        _ reason: EndReason,
        hasSpoken: Bool,
        at moment: Moment
    ) -> [Action] {
        if reason == .voicemail, let actions = self.modelSaysMailbox(call, at: moment) { return actions }
        var actions = self.withdrawConsultations(at: moment) + [.stop(.keypad), .stop(.retryResponse)]
        if moment.isSilent, !hasSpoken, self.transcript.lastSpeaker != .assistant {
            // It forgot to say goodbye.
            self.phase = .hangingUp(reason, callID: nil, awaitsFarewell: true)
            let farewell = ModelResponseRequest(
                instructions: self.script.farewell,
                metadata: ["purpose": "farewell"],
                toolChoice: ModelResponseRequest.ToolChoice.none
            )
            actions.append(.start(.hangUp, after: .seconds(8)))
            return actions + self.answer(callID: call.callID, output: #"{"status":"ok"}"#, at: moment)
                + self.want(farewell)
        }
        self.phase = .hangingUp(reason, callID: call.callID, awaitsFarewell: false)
        return actions + (moment.isSilent ? self.end(reason) : [.start(.hangUp, after: .seconds(8))])
    }
}
