import Foundation
import Wire

/// Everything outside that a call uses.
package struct CallPorts: Sendable {
    package var connector: any ModelConnector
    package var reasoner: any Reasoner
    package var store: any CallStore
    package var metrics: any CallMetering
    package var observer: (any CallObserver)?
    /// The texts of one call.
    package var script: @Sendable (CallRecord) -> ConversationScript
    /// What the model is told when Claude gave no answer in time.
    package var reasoningFallback: String
    /// Opens the recording of a call; nil where recording is off.
    package var recorder: (@Sendable (_ callID: String, AudioFormat) -> (any CallRecorder)?)?
    /// The carrier's hand on live calls; nil without an account.
    package var carrier: CarrierActions?
    /// Instructions that have the model say a text as given.
    package var sayInstructions: @Sendable (String) -> String = { $0 }
    /// Writes down that a number must not be called; false where it could not be written yet.
    package var optOut: @Sendable (_ number: String) async -> Bool = { _ in false }
    /// Orders a callback; the answer is for the model.
    package var scheduleCallback: @Sendable (CallRecord, _ at: Date, _ note: String) async -> CallbackAnswer = {
        _,
        _,
        _ in
        .refused("callbacks cannot be scheduled here")
    }
    /// What a call has cost so far, in USD; nil where nothing of it has a known price.
    package var price: @Sendable (CallUsage, CallRecord.Direction) -> Double? = { _, _ in nil }
    /// Stores the end of a call and starts what follows from it.
    ///
    /// Called once per call, and again only after a failure to store.
    package var ended: @Sendable (CallEnd) async -> Void

    package init(
        connector: any ModelConnector,
        reasoner: any Reasoner,
        store: any CallStore,
        metrics: any CallMetering,
        observer: (any CallObserver)? = nil,
        script: @escaping @Sendable (CallRecord) -> ConversationScript,
        reasoningFallback: String,
        recorder: (@Sendable (_ callID: String, AudioFormat) -> (any CallRecorder)?)? = nil,
        ended: @escaping @Sendable (CallEnd) async -> Void
    ) {
        self.connector = connector
        self.reasoner = reasoner
        self.store = store
        self.metrics = metrics
        self.observer = observer
        self.script = script
        self.reasoningFallback = reasoningFallback
        self.recorder = recorder
        self.ended = ended
    }
}

/// What a session may have the carrier do with its call.
package struct CarrierActions: Sendable {
    /// A document of ours for one call.
    package enum Document: Sendable, Equatable {
        case transfer
        /// Plays keypad tones, then connects the stream again.
        case digits(String)
    }

    package var control: any CarrierControl
    /// The public address of a document.
    package var url: @Sendable (_ callID: String, Document) -> String

    package init(control: any CarrierControl, url: @escaping @Sendable (_ callID: String, Document) -> String) {
        self.control = control
        self.url = url
    }
}

/// What became of a callback that the conversation agreed on.
package enum CallbackAnswer: Sendable, Equatable {
    case scheduled(Date)
    /// Why not, in words for the model.
    case refused(String)
}

/// The one end of a call, with everything that its record needs.
package struct CallEnd: Sendable, Equatable {
    package var callID: String
    package var reason: EndReason
    package var startedAt: Date?
    package var endedAt: Date
    package var transcript: [TranscriptLine]
    package var usage: CallUsage
    package var direction: CallRecord.Direction
    /// The far party's number, where known.
    package var farParty: String?
    /// The voice model was ready at least once: the call came to a talk.
    package var modelWasReady: Bool
    package var isRecorded: Bool
    /// For operators; holds no words of the call.
    package var errorMessage: String?

    package init(
        callID: String,
        reason: EndReason,
        startedAt: Date?,
        endedAt: Date,
        transcript: [TranscriptLine],
        usage: CallUsage,
        modelWasReady: Bool,
        isRecorded: Bool,
        errorMessage: String?,
        direction: CallRecord.Direction = .inbound,
        farParty: String? = nil
    ) {
        self.direction = direction
        self.farParty = farParty
        self.callID = callID
        self.reason = reason
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.transcript = transcript
        self.usage = usage
        self.modelWasReady = modelWasReady
        self.isRecorded = isRecorded
        self.errorMessage = errorMessage
    }
}
