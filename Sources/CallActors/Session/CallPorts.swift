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

/// The one end of a call, with everything that its record needs.
package struct CallEnd: Sendable, Equatable {
    package var callID: String
    package var reason: EndReason
    package var startedAt: Date?
    package var endedAt: Date
    package var transcript: [TranscriptLine]
    package var usage: CallUsage
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
        errorMessage: String?
    ) {
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
