/// How the stand-in of the voice model behaves.
package struct ModelSettings: Sendable {
    /// The key that `Authorization: Bearer` must hold; another one is refused with 401.
    package var apiKey = "sk-stand-in"
    /// The wait from the upgrade to `session.created`.
    package var startDelay = Duration.zero
    /// The wait from the end of the caller's speech (or the request) to the first output of a response.
    package var thinkingTime = Duration.milliseconds(180)
    /// The wait between two pieces of audio; each holds 200 to 400 ms, so that 50 ms are about six times real time.
    package var pieceInterval = Duration.milliseconds(50)
    /// The wait from the end of the caller's speech to its transcript; longer than a response, it comes after it.
    package var transcriptionDelay = Duration.milliseconds(300)
    /// Pieces of audio that still arrive after a response was cancelled.
    package var lateDeltas = 1
    /// Level from which a frame is speech.
    package var speechLevel = 350.0
    /// What speech is taken for that is no known line: the n-th of these, then `(speech)`.
    package var unknownUtterances: [String] = []
    /// Keeps every byte of appended audio in the record.
    package var keepsAudio = true
    /// Keeps a stamp for every frame of appended audio in the record.
    package var keepsFrames = true
    /// What goes wrong.
    package var faults = ModelFaults()

    package init() {}
}
