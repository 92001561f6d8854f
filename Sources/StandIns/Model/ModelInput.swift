import Wire

/// The input side of a Realtime session: appended audio on its way to items.
///
/// A value: it sends nothing itself.
struct ModelInput: Sendable {
    enum Event: Sendable, Equatable {
        case speechStarted(startMilliseconds: Int)
        case speechStopped(endMilliseconds: Int)
    }

    private(set) var format = AudioFormat.l16(rate: 24_000)
    private(set) var detects = true
    private(set) var interrupts = true
    private(set) var responds = true
    /// Silence after which the model speaks by itself.
    private(set) var idleTimeout: Duration?
    private var detector = VoiceActivityDetector()
    private(set) var recogniser = SpeechRecogniser()
    /// Milliseconds appended since the last commit.
    private(set) var uncommittedMilliseconds = 0
    /// Bytes that do not fill a frame yet.
    private var remainder: [UInt8] = []
    /// The item that the speech in progress will become.
    var speechItemID: String?

    var elapsedMilliseconds: Int { self.detector.elapsedMilliseconds }
    var isSpeech: Bool { self.detector.isSpeech }

    init(settings: ModelSettings) {
        self.detector.settings.threshold = settings.speechLevel
    }

    mutating func apply(_ session: RealtimeSession) {
        self.format = session.inputFormat
        let detection = session.turnDetection
        if self.detects, detection == nil { self.detector.reset() }
        self.detects = detection != nil
        self.interrupts = detection?["interrupt_response"]?.bool ?? true
        self.responds = detection?["create_response"]?.bool ?? true
        self.idleTimeout = (detection?["idle_timeout_ms"]?.int).map { .milliseconds($0) }
        if let prefix = detection?["prefix_padding_ms"]?.int { self.detector.settings.prefixMilliseconds = prefix }
        if let silence = detection?["silence_duration_ms"]?.int { self.detector.settings.silenceMilliseconds = silence }
    }

    /// Cuts appended audio into whole frames of 20 ms; what is left over waits for the next piece.
    mutating func frames(of audio: [UInt8]) -> [[UInt8]] {
        let bytes = self.remainder + audio
        let size = self.format.frameByteCount
        let count = bytes.count / size
        self.remainder = Array(bytes[(count * size)...])
        return (0..<count).map { Array(bytes[$0 * size..<($0 + 1) * size]) }
    }

    /// Takes one frame and returns its stamp and what it made happen.
    mutating func take(frame: [UInt8]) -> (stamp: FrameStamp?, event: Event?) {
        let stamp = FrameStamp(readingFrom: frame[...], format: self.format)
        let level = AudioBytes.level(of: frame, format: self.format)
        self.uncommittedMilliseconds += 20
        self.recogniser.hear(stamp, isLoud: level >= self.detector.settings.threshold)
        guard self.detects else {
            // Time passes, but nothing is detected.
            _ = self.detector.process(level: 0)
            return (stamp, nil)
        }
        switch self.detector.process(level: level) {
        case nil: return (stamp, nil)
        case .started(let start): return (stamp, .speechStarted(startMilliseconds: start))
        case .stopped(let end): return (stamp, .speechStopped(endMilliseconds: end))
        }
    }

    /// Turns what was appended into an item: the words, or nil where none were understood.
    mutating func commit() -> String? {
        self.uncommittedMilliseconds = 0
        self.detector.reset()
        self.speechItemID = nil
        return self.recogniser.utterance()
    }

    mutating func clear() {
        _ = self.commit()
        self.remainder = []
    }
}
