import Wire

/// A server-side voice activity detector over appended audio: by energy, in 20 ms steps of audio time.
///
/// It counts what was appended, not wall time: audio that arrives in a burst is judged like any other.
package struct VoiceActivityDetector: Sendable {
    package struct Settings: Sendable, Equatable {
        /// Level (RMS of 16-bit samples) from which a frame is speech.
        ///
        /// Line noise stays below 200, speech above 500.
        package var threshold = 350.0
        /// Audio before the first loud frame that is taken to belong to the speech.
        package var prefixMilliseconds = 300
        /// Quiet after which the speech is over.
        package var silenceMilliseconds = 500
        /// Loud frames in a row that begin speech: 60 ms, so that a click is none.
        package var onsetFrames = 3

        package init() {}
    }

    package enum Event: Sendable, Equatable {
        /// Speech began; the start includes the prefix. Milliseconds of audio appended in the session.
        case started(startMilliseconds: Int)
        /// Speech is over; the end includes the silence.
        case stopped(endMilliseconds: Int)
    }

    package var settings: Settings
    /// Milliseconds of audio judged so far.
    package private(set) var elapsedMilliseconds = 0
    /// Somebody is speaking.
    package private(set) var isSpeech = false
    private var loudFrames = 0
    private var quietMilliseconds = 0
    /// The end of the last speech: a prefix never reaches into it.
    private var lastEnd = 0

    package init(settings: Settings = Settings()) {
        self.settings = settings
    }

    /// Judges one frame of `milliseconds`.
    package mutating func process(level: Double, milliseconds: Int = 20) -> Event? {
        self.elapsedMilliseconds += milliseconds
        let isLoud = level >= self.settings.threshold
        self.loudFrames = isLoud ? self.loudFrames + 1 : 0
        guard self.isSpeech else {
            guard self.loudFrames >= self.settings.onsetFrames else { return nil }
            self.isSpeech = true
            self.quietMilliseconds = 0
            let onset = self.elapsedMilliseconds - self.loudFrames * milliseconds
            return .started(startMilliseconds: max(onset - self.settings.prefixMilliseconds, self.lastEnd, 0))
        }
        self.quietMilliseconds = isLoud ? 0 : self.quietMilliseconds + milliseconds
        guard self.quietMilliseconds >= self.settings.silenceMilliseconds else { return nil }
        self.reset()
        return .stopped(endMilliseconds: self.elapsedMilliseconds)
    }

    /// Forgets the speech in progress: it was committed or cleared by hand.
    package mutating func reset() {
        self.isSpeech = false
        self.loudFrames = 0
        self.quietMilliseconds = 0
        self.lastEnd = self.elapsedMilliseconds
    }
}
