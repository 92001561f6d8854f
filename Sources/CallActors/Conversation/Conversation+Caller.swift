import Foundation
import Wire

/// Rules about what the caller does, and about how a call ends.
extension Conversation {
    mutating func callerSpoke(itemID: String, cuts: [Playout.Cut], at moment: Moment) -> [Action] {
        self.callerIsSpeaking = true
        var actions = self.cut(cuts)
        if let active = self.slot.activeID { self.mute(active) }
        self.slot.dropWaiting()
        self.transcript.place(itemID, .turn(.user), after: nil, at: moment.date)
        actions.append(.stop(.keypad))
        actions.append(.stop(.retryResponse))
        actions += self.withdrawConsultations()
        if case .hangingUp(_, let callID, _) = self.phase {
            // They speak again: the call goes on, and the model must know.
            self.phase = .talking
            actions.append(.stop(.hangUp))
            actions += self.answer(callID: callID, output: self.script.withdrawnHangUp, at: moment)
        }
        return actions
    }

    /// Cuts answers at what was heard of them, here and in the model's memory.
    mutating func cut(_ cuts: [Playout.Cut]) -> [Action] {
        var actions: [Action] = []
        for cut in cuts {
            self.mute(cut.responseID)
            let heard = Self.wholeMilliseconds(min(cut.heard, cut.received))
            self.transcript.interrupt(cut.itemID, heard: heard, received: cut.received)
            if heard > .zero {
                actions.append(self.send(.truncate(itemID: cut.itemID, audioEnd: heard)))
                actions.append(.turnChanged(itemID: cut.itemID))
            } else {
                actions.append(self.send(.deleteItem(itemID: cut.itemID)))
                actions.append(.turnRemoved(itemID: cut.itemID))
            }
        }
        return actions
    }

    mutating func silence() -> [Action] {
        switch self.phase {
        case .hangingUp(let reason, _, awaitsFarewell: false): self.end(reason)
        case .sayingGoodbye(let reason, isSaid: true): self.end(reason)
        // Still waiting for the words themselves.
        case .hangingUp, .sayingGoodbye, .talking, .ended: []
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
        case .keypad, .retryResponse:
            guard self.phase == .talking, !self.callerIsSpeaking, self.slot.isIdle else { return [] }
            return self.want(ModelResponseRequest())
        case .hangUp:
            switch self.phase {
            case .hangingUp(let reason, _, _), .sayingGoodbye(let reason, _): return self.end(reason)
            // The caller spoke again in the same moment.
            case .talking, .ended: return []
            }
        }
    }

    func goodbye(_ reason: EndReason) -> ModelResponseRequest {
        ModelResponseRequest(
            instructions: self.script.goodbyes[reason] ?? self.script.farewell,
            metadata: ["purpose": "goodbye"],
            toolChoice: ModelResponseRequest.ToolChoice.none
        )
    }

    mutating func reachedLimit(_ reason: EndReason, cuts: [Playout.Cut]) -> [Action] {
        if case .sayingGoodbye = self.phase { return [] }
        var actions = self.cut(cuts) + self.withdrawConsultations()
        self.announcedHangUp = nil
        self.phase = .sayingGoodbye(reason, isSaid: false)
        // The hard end, ten seconds after the limit.
        actions.append(.start(.hangUp, after: .seconds(10)))
        if let active = self.slot.activeID {
            self.mute(active)
            actions.append(self.send(.cancelResponse(id: active)))
        }
        self.slot.dropWaiting()
        return actions + self.want(self.goodbye(reason))
    }

    /// The model asked to hang up, and its response is complete: waits for the goodbye to be heard.
    mutating func hangUp(_ call: ModelFunctionCall, _ reason: EndReason, at moment: Moment) -> [Action] {
        guard self.phase == .talking, !self.callerIsSpeaking else { return [] }
        if moment.isSilent, self.transcript.endsWithCaller || !self.transcript.hasWords {
            // It forgot to say goodbye.
            self.phase = .hangingUp(reason, callID: call.callID, awaitsFarewell: true)
            let farewell = ModelResponseRequest(
                instructions: self.script.farewell,
                metadata: ["purpose": "farewell"],
                toolChoice: ModelResponseRequest.ToolChoice.none
            )
            return [.start(.hangUp, after: .seconds(8))]
                + self.answer(callID: call.callID, output: #"{"status":"ok"}"#, at: moment) + self.want(farewell)
        }
        self.phase = .hangingUp(reason, callID: call.callID, awaitsFarewell: false)
        return moment.isSilent ? self.end(reason) : [.start(.hangUp, after: .seconds(8))]
    }

    static func wholeMilliseconds(_ duration: Duration) -> Duration {
        let (seconds, attoseconds) = duration.components
        return .milliseconds(seconds * 1000 + attoseconds / 1_000_000_000_000_000)
    }
}
