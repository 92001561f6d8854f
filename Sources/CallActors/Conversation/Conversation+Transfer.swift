import Foundation
import Wire

/// Rules about handing a call to a person, and about what else the model may have the carrier do.
extension Conversation {
    /// What an operator or a limit ordered is said even where the caller moved on.
    static func isOrdered(_ request: ModelResponseRequest) -> Bool {
        ["goodbye", "say", "transfer", "transfer_unanswered"].contains(request.metadata["purpose"] ?? "")
    }

    static let withdrawnTransfer =
        #"{"status":"not done","reason":"The caller spoke again. If they still want a person, call transfer_call again."}"#

    /// Says something as given, after what is being said now.
    mutating func say(_ instructions: String) -> [Action] {
        guard self.phase == .talking else { return [] }
        let request = ModelResponseRequest(
            instructions: instructions,
            metadata: ["purpose": "say"],
            toolChoice: ModelResponseRequest.ToolChoice.none
        )
        if !self.isModelReady {
            self.owe(request)
            return []
        }
        return self.want(request)
    }

    /// No session is open: the next one says it.
    private mutating func owe(_ request: ModelResponseRequest) {
        if self.owedRequests.count == 8 { self.owedRequests.removeFirst() }
        self.owedRequests.append(request)
    }

    // MARK: - Transfer

    var transferAnnouncement: ModelResponseRequest {
        ModelResponseRequest(
            instructions: self.script.transferAnnouncement,
            metadata: ["purpose": "transfer"],
            toolChoice: ModelResponseRequest.ToolChoice.none
        )
    }

    /// The model wants a person to take over: only to a number of the list, and once its response is complete.
    mutating func transferAsked(_ call: ModelFunctionCall, at moment: Moment) -> [Action] {
        let wanted = ToolArguments(call.arguments)["to"].map { $0.filter { $0.isNumber || $0 == "+" } } ?? ""
        let number = wanted.isEmpty ? self.script.transferNumbers.first : wanted
        guard let number, self.script.transferNumbers.contains(number) else {
            let output = ToolArguments.encode([
                "status": "not done",
                "reason": self.script.transferNumbers.isEmpty
                    ? "There is nobody to transfer to. Offer that a person calls back."
                    : "This number is not on the list. Use one of the tool's numbers, or offer that a person calls back."
                    ,
            ])
            return self.answer(callID: call.callID, output: output, at: moment) + self.want(ModelResponseRequest())
        }
        self.announcedTransfer = (call, number)
        return []
    }

    /// The transfer that was asked for in the response that is done now, where it is still wanted.
    mutating func dueTransfer(
        of result: ModelResponseResult,
        _ actions: inout [Action],
        at moment: Moment
    ) -> (call: ModelFunctionCall, number: String)? {
        guard let announced = self.announcedTransfer, announced.call.responseID == result.id else { return nil }
        self.announcedTransfer = nil
        guard result.status == .completed, self.phase == .talking, !self.callerIsSpeaking else {
            actions += self.answer(callID: announced.call.callID, output: Self.withdrawnTransfer, at: moment)
            return nil
        }
        self.slot.dropWaiting()
        return announced
    }

    /// The response that asked for a transfer is complete: the caller hears who comes, then the carrier dials.
    mutating func announce(
        _ call: ModelFunctionCall,
        _ number: String,
        hasSpoken: Bool,
        at moment: Moment
    ) -> [Action] {
        let actions = self.withdrawConsultations(at: moment) + [.stop(.keypad), .stop(.retryResponse)]
        self.phase = .announcingTransfer(to: number, callID: call.callID, isSaid: hasSpoken)
        if hasSpoken {
            return actions + (moment.isSilent ? self.silence() : [.start(.handOver, after: .seconds(15))])
        }
        return actions + [.start(.handOver, after: .seconds(15))] + self.want(self.transferAnnouncement)
    }

    /// The operator hands the call on: whatever is being said is finished, then it is announced.
    mutating func transferOrdered(to number: String) -> [Action] {
        guard self.phase == .talking else { return [] }
        self.phase = .announcingTransfer(to: number, callID: nil, isSaid: false)
        let timer = Action.start(.handOver, after: .seconds(15))
        return self.isModelReady ? [timer] + self.want(self.transferAnnouncement) : [timer]
    }

    mutating func handOver(to number: String, callID: String?) -> [Action] {
        self.phase = .handedOver(callID: callID)
        self.slot.dropWaiting()
        return [.stop(.handOver), .handOver(to: number)]
    }

    /// Nobody answered: the model goes on with the caller and says so.
    mutating func takeBack(at moment: Moment) -> [Action] {
        guard case .handedOver(let callID) = self.phase else { return [] }
        self.phase = .talking
        // Whoever was to be handed on has been greeted.
        self.hasGreeted = true
        var actions: [Action] = []
        if let callID {
            let output = #"{"status":"not reached","reason":"Nobody answered. The caller is with you again."}"#
            actions += self.answer(callID: callID, output: output, at: moment)
        }
        let request = ModelResponseRequest(
            instructions: self.script.transferUnanswered,
            metadata: ["purpose": "transfer_unanswered"]
        )
        guard self.isModelReady else {
            self.owe(request)
            return actions
        }
        return actions + self.want(request)
    }

    // MARK: - Keys and callbacks

    /// The model walks a menu: keys go out at once, and it listens to what follows.
    mutating func keypadAsked(_ call: ModelFunctionCall, at moment: Moment) -> [Action] {
        let digits = ToolArguments(call.arguments)["digits"] ?? ""
        let isValid = !digits.isEmpty && digits.count <= 32 && digits.allSatisfy { "0123456789*#ABCDwW".contains($0) }
        guard isValid else {
            let output =
                #"{"status":"not done","reason":"digits takes 1 to 32 of 0-9 * # A-D, and w for half a second."}"#
            return self.answer(callID: call.callID, output: output, at: moment) + self.want(ModelResponseRequest())
        }
        let output = #"{"status":"sent","hint":"Say nothing. Listen to what the other side says next."}"#
        return [.sendKeypad(digits)] + self.answer(callID: call.callID, output: output, at: moment)
    }

    mutating func toolAnswered(_ callID: String, _ output: String, at moment: Moment) -> [Action] {
        guard self.pendingTools.remove(callID) != nil else { return [] }
        let actions = self.answer(callID: callID, output: output, at: moment)
        // Whoever speaks now is answered with the result in mind.
        guard self.phase == .talking, !self.callerIsSpeaking else { return actions }
        return actions + self.want(ModelResponseRequest())
    }
}
