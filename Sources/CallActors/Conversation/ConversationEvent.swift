import Foundation
import Wire

extension Conversation {
    /// What a conversation hears of; audio goes around it.
    package enum Event: Sendable {
        /// A model session is configured and takes audio.
        case modelReady
        /// The model session is gone; another one may come.
        case modelLost
        /// Something the model said, other than audio and the beginning of the caller's speech.
        case model(ModelEvent)
        /// The first sound of an answer is there.
        case audioBegan(responseID: String, itemID: String)
        /// The caller began to speak over whatever was being played; `cuts` is what they did not hear to its end.
        case callerSpoke(itemID: String, cuts: [Playout.Cut])
        /// The playout has become silent: everything that was received was heard.
        case silence
        case dtmf(digit: String)
        /// A consultation ended, with an answer or with the stated fallback.
        case consulted(callID: String, advice: String)
        case timer(Timer)
        /// A limit of the call is reached: say goodbye, then end for `reason`. `cuts` is what was being played.
        case limit(EndReason, cuts: [Playout.Cut])
        /// Something is to be said as given, by these instructions, after what is being said now.
        case say(instructions: String)
        /// The operator hands the call to a person.
        case transferOrdered(to: String)
        /// The person did not answer, or could not be dialled: the model takes the call back.
        case transferUnanswered
        /// A tool other than a consultation has its result.
        case toolAnswered(callID: String, output: String)
        /// Something about a mailbox on the far end.
        case voicemail(VoicemailEvent)
    }

    /// What must be done about an event, in order.
    package enum Action: Sendable, Equatable {
        case send(ModelCommand, eventID: String)
        /// The turn of this item appeared or changed.
        case turnChanged(itemID: String)
        /// The item turned out never to have been heard.
        case turnRemoved(itemID: String)
        case note(JournalEntry.Event)
        case consult(callID: String, situation: String, question: String)
        case withdraw(callID: String)
        case start(Timer, after: Duration)
        case stop(Timer)
        /// The session itself is beyond repair: the key, the model's name or our configuration is refused.
        case modelFailed(code: String)
        case used(ModelUsage)
        /// What the transcription of a turn has used.
        case transcribed(ModelUsage)
        /// Have the carrier dial this number and connect the call to it.
        case handOver(to: String)
        /// Press these keys for the far end to hear.
        case sendKeypad(String)
        /// The far party is not to be called again.
        case optOut
        case scheduleCallback(callID: String, at: String, note: String)
        case end(EndReason)
        case voicemail(VoicemailAction)
    }

    package enum Timer: Sendable, Hashable {
        /// A consultation takes long enough for a spoken line.
        case filler(callID: String)
        /// No more keys came for a while: the model should react.
        case keypad
        /// The goodbye had its time.
        case hangUp
        /// The announcement of a transfer had its time.
        case handOver
        /// A response failed; ask again.
        case retryResponse
        case voicemail(VoicemailTimer)
    }

    /// What a conversation may know of the moment.
    package struct Moment: Sendable {
        package var date: Date
        /// Everything that was received from the model has been heard.
        package var isSilent: Bool

        package init(date: Date, isSilent: Bool) {
            self.date = date
            self.isSilent = isSilent
        }
    }
}
