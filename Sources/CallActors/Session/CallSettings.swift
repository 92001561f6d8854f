import Wire

/// What is the same for every call of this process.
package struct CallSettings: Sendable, Equatable {
    /// `MAX_CALLS`: calls at a time.
    package var maxCalls = 1000
    /// `MAX_CALL_SECONDS`: then the model says goodbye; the hard end is ten seconds later.
    package var maxDuration = Duration.seconds(300)
    /// `STALE_CALL_SECONDS`: a stream on which nothing came for this long is closed.
    package var staleAfter = Duration.seconds(15)
    /// `RESUME_SECONDS`: how long a call without a stream waits for one.
    package var resumeWithin = Duration.seconds(30)
    /// How far ahead of real time the model's voice is sent.
    package var playoutLead = Duration.milliseconds(200)
    /// The most whole 20 ms frames in one message to the carrier.
    package var playoutChunkFrames = 3
    /// Caller audio that is kept for a model that is not there, or that has not committed it.
    package var callerAudioKept = Duration.seconds(5)
    /// Audio of one response that may wait to be sent: more than any answer on a phone is long.
    package var playoutKept = Duration.seconds(180)
    /// `OPENAI_VOICE`; a call's own value wins.
    package var voice = "marin"
    /// `OPENAI_TRANSCRIPTION_MODEL`.
    package var transcriptionModel = "gpt-transcribe"
    /// Silence after which the model speaks by itself.
    package var idleTimeout: Duration? = .seconds(10)
    /// From the opening of a model socket to its configured session.
    package var modelSetUpWithin = Duration.seconds(10)
    /// OpenAI ends a session after 60 minutes without warning: a new one takes over before, at a quiet moment.
    package var modelSessionLength = Duration.seconds(54 * 60)
    /// `MAX_CALL_COST_USD`: then the model says goodbye; nil sets no limit.
    package var maxCostUSD: Double?
    /// The longest time that a call may be handed over: what carriers allow a `<Dial>` (4 hours).
    package var transferWithin = Duration.seconds(14_400)
    /// How often a failed session is restarted from its journal.
    package var restartLimit = 3

    package init() {}
}
