import Foundation
import Wire

/// The moment between the end of a call and the end of its session: the model still writes down what the caller said.
///
/// The stream is closed and nothing is played any more; only words are taken. A sentence that the hang-up cut in two is
/// committed first, so that it is transcribed too: what a caller says is never lost.
extension CallSession {
    /// A transcription takes about a second; nobody waits longer than this for the last one.
    private static let patience = Duration.seconds(2)

    /// Waits for the caller's last words; returns whether there is anything to wait for.
    func awaitLastWords(_ reason: EndReason) -> Bool {
        guard self.isModelConfigured, self.conversation.awaitsWords else { return false }
        switch reason {
        // A process that drains waits for this call, and a failed leg tells nothing more.
        case .drained, .crashed, .modelFailed, .carrierFailed: return false
        case .callerHangup, .aiHangup, .operatorHangup, .transferred, .voicemail, .noAnswer, .busy, .maxDuration,
            .maxCost,
            .stale, .streamLost, .optedOut:
            break
        }
        // The model must not answer what nobody will hear.
        self.model?.send(.setTurnDetection(enabled: false), eventID: "c_last_1")
        if self.conversation.callerIsSpeaking { self.model?.send(.commitAudio, eventID: "c_last_2") }
        self.model?.flush()
        self.start(.lastWords, after: Self.patience)
        return true
    }

    /// Takes what the model says after the end; the session is over once nothing is missing.
    func receiveLastWords(_ event: ModelEvent) {
        guard self.result == nil else { return }
        let moment = Conversation.Moment(date: Date(), isSilent: true)
        for action in self.conversation.handleLastWords(event, at: moment) {
            switch action {
            case .turnChanged(let itemID): self.noteTurn(itemID)
            case .transcribed(let usage): self.count(transcription: usage)
            // Nothing else follows from a transcription.
            default: break
            }
        }
        if case .responseCreated(let id, _) = event {
            self.model?.send(.cancelResponse(id: id), eventID: "c_last_3")
            self.model?.flush()
        }
        if !self.conversation.awaitsWords { self.finish() }
    }
}
