import Foundation
import Wire

/// Rules about what the model says: what of it was heard, and what is kept of it.
extension Conversation {
    mutating func noteAnswer(_ responseID: String, _ itemID: String, hasAudio: Bool = false, isNoted: Bool = false) {
        if let index = self.answers.firstIndex(where: { $0.itemID == itemID }) {
            if hasAudio { self.answers[index].hasAudio = true }
            if isNoted { self.answers[index].isNoted = true }
        } else {
            self.answers.append(Answer(responseID: responseID, itemID: itemID, hasAudio: hasAudio, isNoted: isNoted))
        }
    }

    /// Words that came after their response was interrupted and before any sound of them: nobody heard them.
    func isUnheard(_ responseID: String, _ itemID: String) -> Bool {
        self.isMuted(responseID: responseID) && !self.transcript.isInterrupted(itemID)
            && !self.answers.contains { $0.itemID == itemID && $0.hasAudio }
    }

    mutating func wrote(_ text: String, isWhole: Bool, _ responseID: String, _ itemID: String) -> [Action] {
        guard !self.isUnheard(responseID, itemID) else {
            self.transcript.remove(itemID)
            return []
        }
        self.noteAnswer(responseID, itemID, isNoted: isWhole)
        guard isWhole else {
            self.transcript.appendText(text, to: itemID)
            return []
        }
        self.transcript.setText(text, of: itemID)
        return [.turnChanged(itemID: itemID)]
    }

    /// The response is interrupted: what has words and no sound yet was not heard, and will not be.
    mutating func dropUnheard(of responseID: String) -> [Action] {
        var actions: [Action] = []
        for answer in self.answers where answer.responseID == responseID && !answer.hasAudio {
            self.transcript.remove(answer.itemID)
            if self.transcript.isCurrent(answer.itemID) {
                actions.append(self.send(.deleteItem(itemID: answer.itemID)))
            }
            actions.append(.turnRemoved(itemID: answer.itemID))
        }
        return actions
    }

    /// Cuts answers at what was heard of them, here and in the model's memory.
    mutating func cut(_ cuts: [Playout.Cut]) -> [Action] {
        var actions: [Action] = []
        for cut in cuts {
            self.muted.insert(cut.responseID)
            let heard = Self.wholeMilliseconds(min(cut.heard, cut.received))
            self.transcript.interrupt(cut.itemID, heard: heard, received: cut.received)
            // An item of an earlier session is text in the present one.
            let isKnown = !self.transcript.contains(cut.itemID) || self.transcript.isCurrent(cut.itemID)
            if heard > .zero {
                if isKnown { actions.append(self.send(.truncate(itemID: cut.itemID, audioEnd: heard))) }
                actions.append(.turnChanged(itemID: cut.itemID))
            } else {
                if isKnown { actions.append(self.send(.deleteItem(itemID: cut.itemID))) }
                actions.append(.turnRemoved(itemID: cut.itemID))
            }
        }
        return actions
    }

    /// No more words of these answers will come: the journal gets what there is.
    mutating func noteRest(of responseID: String? = nil) -> [Action] {
        let rest = self.answers.filter { responseID == nil || $0.responseID == responseID }
        self.answers.removeAll { responseID == nil || $0.responseID == responseID }
        return rest.filter { !$0.isNoted }.map { .turnChanged(itemID: $0.itemID) }
    }

    /// The call is over whatever was being said: cuts answers of which much was still to be heard.
    ///
    /// - Parameter cuts: What was being played.
    /// - Returns: The items whose turns changed.
    package mutating func close(cuts: [Playout.Cut]) -> [String] {
        self.phase = .ended
        for answer in self.answers where !answer.hasAudio { self.transcript.remove(answer.itemID) }
        var changed = self.answers.filter { !$0.isNoted || !$0.hasAudio }.map(\.itemID)
        self.answers.removeAll()
        for cut in cuts where cut.received - cut.heard > Self.onItsWay {
            self.transcript.interrupt(cut.itemID, heard: Self.wholeMilliseconds(cut.heard), received: cut.received)
            changed.append(cut.itemID)
        }
        return changed
    }

    /// Sound that was sent and may well have been heard when the line went: the playout's lead and the carrier's delay.
    private static let onItsWay = Duration.seconds(1)
}
