import Foundation
import Wire

/// Rules about the tools that the model calls.
extension Conversation {
    mutating func called(_ call: ModelFunctionCall, at moment: Moment) -> [Action] {
        // Told twice.
        guard !self.transcript.holdsCall(call.itemID, callID: call.callID) else { return [] }
        self.transcript.place(
            call.itemID,
            .toolCall(callID: call.callID, name: call.name, arguments: call.arguments),
            after: nil,
            at: moment.date
        )
        let note = Action.note(.toolCall(callID: call.callID, name: call.name, arguments: call.arguments))
        // The response is over, cancelled or not wanted any more.
        let isLate = self.isMuted(responseID: call.responseID) || self.finished.contains(call.responseID)
        guard !isLate, self.phase == .talking else {
            return [note] + self.answer(callID: call.callID, output: self.script.withdrawnConsultation, at: moment)
        }
        switch call.name {
        case "consult_reasoner":
            let arguments = ToolArguments(call.arguments)
            self.consultations[call.callID] = Consultation(responseID: call.responseID)
            return [
                note,
                .consult(
                    callID: call.callID,
                    situation: arguments["situation"] ?? "",
                    question: arguments["question"] ?? ""
                ),
                .start(.filler(callID: call.callID), after: .milliseconds(700)),
            ]
        case "end_call":
            // Carried out once the response is complete, so that its goodbye is not lost.
            let reason = Self.endReason(ToolArguments(call.arguments)["reason"])
            self.announcedHangUp = (call, reason)
            // Whoever asks not to be called is not, whatever becomes of this call.
            return reason == .optedOut ? [note, .optOut] : [note]
        case "transfer_call": return [note] + self.transferAsked(call, at: moment)
        case "send_keypad": return [note] + self.keypadAsked(call, at: moment)
        case "schedule_callback":
            let arguments = ToolArguments(call.arguments)
            self.pendingTools.insert(call.callID)
            let (at, text) = (arguments["at"] ?? "", arguments["note"] ?? "")
            return [note, .scheduleCallback(callID: call.callID, at: at, note: text)]
        default:
            let output = #"{"error":"There is no tool of this name. Go on without it."}"#
            return [note] + self.answer(callID: call.callID, output: output, at: moment)
                + self.want(ModelResponseRequest())
        }
    }

    /// The reasons that the `end_call` tool offers, as end reasons.
    private static func endReason(_ reason: String?) -> EndReason {
        switch reason {
        case "voicemail": .voicemail
        case "do_not_call": .optedOut
        default: .aiHangup
        }
    }

    mutating func consulted(callID: String, advice: String, at moment: Moment) -> [Action] {
        // Withdrawn meanwhile: it has been answered already.
        guard self.consultations.removeValue(forKey: callID) != nil else { return [] }
        self.slot.dropWaiting { $0.metadata["purpose"] == "filler" }
        let output = ToolArguments.encode(["advice": advice])
        return [.stop(.filler(callID: callID))] + self.answer(callID: callID, output: output, at: moment)
            + self.want(ModelResponseRequest())
    }

    /// A consultation takes long: says so, unless somebody is speaking.
    mutating func fill(callID: String, at moment: Moment) -> [Action] {
        guard let consultation = self.consultations[callID], !consultation.fillerAsked else { return [] }
        guard self.isModelReady, moment.isSilent, self.slot.isIdle else {
            // The model says something already; look again when that may be over.
            return [.start(.filler(callID: callID), after: .milliseconds(300))]
        }
        self.consultations[callID]?.fillerAsked = true
        return self.want(
            ModelResponseRequest(
                instructions: self.script.filler,
                metadata: ["purpose": "filler"],
                toolChoice: ModelResponseRequest.ToolChoice.none
            )
        )
    }

    /// Gives up consultations, all or those of one response: the model gets its answers, and is not asked to speak.
    mutating func withdrawConsultations(of responseID: String? = nil, at moment: Moment) -> [Action] {
        var actions: [Action] = []
        for (callID, consultation) in self.consultations.sorted(by: { $0.key < $1.key })
        where responseID == nil || consultation.responseID == responseID {
            self.consultations[callID] = nil
            actions.append(.withdraw(callID: callID))
            actions.append(.stop(.filler(callID: callID)))
            actions += self.answer(callID: callID, output: self.script.withdrawnConsultation, at: moment)
        }
        return actions
    }

    /// Answers a tool call; where no session is open, the answer is part of what the next one is told.
    mutating func answer(callID: String, output: String, at moment: Moment) -> [Action] {
        let itemID = self.newItemID("out")
        self.transcript.place(itemID, .toolResult(callID: callID, output: output), after: nil, at: moment.date)
        let note = Action.note(.toolResult(callID: callID, output: output))
        guard self.isModelReady else { return [note] }
        let item = ModelHistoryItem.functionCallOutput(id: itemID, callID: callID, output: output)
        return [note, self.send(.createItem(item))]
    }
}
