/// What the providers charge, in USD: tokens by the million, time by the minute.
///
/// The published prices are those of November 2026; a file at `PRICE_TABLE` changes and extends them
/// (``PriceTableFile``). The carrier's prices depend on the account and are known from that file only.
package struct PriceTable: Sendable, Equatable {
    /// Prices of a speech-to-speech model.
    package struct VoiceModel: Sendable, Equatable {
        package var textInput: Double
        package var textOutput: Double
        package var audioInput: Double
        package var audioOutput: Double
        package var cachedText: Double
        package var cachedAudio: Double
    }

    /// Prices of a text model.
    package struct TextModel: Sendable, Equatable {
        package var input: Double
        package var output: Double
        /// Prompts of more tokens than this cost `longInput` and `longOutput`; nil where length does not matter.
        package var longPrompt: Int?
        package var longInput = 0.0
        package var longOutput = 0.0
    }

    /// Prices of a model that writes down what the caller says: it reports either time or tokens, and is billed by what
    /// it reports.
    package struct TranscriptionModel: Sendable, Equatable {
        package var perMinute = 0.0
        package var input = 0.0
        package var output = 0.0
    }

    /// Prices of the carrier's line, the media stream included.
    package struct Carrier: Sendable, Equatable {
        package var inboundPerMinute = 0.0
        package var outboundPerMinute = 0.0
        /// Time is billed in whole steps of this length, each that has begun.
        package var billingSeconds = 60
    }

    package var voiceModels: [String: VoiceModel]
    package var textModels: [String: TextModel]
    package var transcriptionModels: [String: TranscriptionModel]
    /// nil: not known.
    package var carrier: Carrier?

    package init(
        voiceModels: [String: VoiceModel],
        textModels: [String: TextModel],
        transcriptionModels: [String: TranscriptionModel] = [:],
        carrier: Carrier? = nil
    ) {
        self.voiceModels = voiceModels
        self.textModels = textModels
        self.transcriptionModels = transcriptionModels
        self.carrier = carrier
    }

    /// The published prices of OpenAI's and Anthropic's models.
    package static let published = PriceTable(
        voiceModels: [
            "gpt-realtime-2.1": Self.realtime2,
            "gpt-realtime-2": Self.realtime2,
            "gpt-realtime-1.5": VoiceModel(
                textInput: 4,
                textOutput: 16,
                audioInput: 32,
                audioOutput: 64,
                cachedText: 0.4,
                cachedAudio: 0.4
            ),
            "gpt-realtime-2.1-mini": VoiceModel(
                textInput: 0.6,
                textOutput: 2.4,
                audioInput: 10,
                audioOutput: 20,
                cachedText: 0.06,
                cachedAudio: 0.3
            ),
        ],
        textModels: [
            "claude-haiku-5-5": TextModel(
                input: 0.1,
                output: 0.5,
                longPrompt: 100_000,
                longInput: 0.5,
                longOutput: 2.5
            ),
            "claude-sonnet-5-5": TextModel(input: 2, output: 10),
            "claude-opus-5-5": TextModel(input: 4, output: 20),
            "claude-haiku-4-5": TextModel(input: 1, output: 5),
            "claude-sonnet-5": TextModel(input: 2, output: 10),
            "claude-opus-5": TextModel(input: 5, output: 25),
        ],
        transcriptionModels: ["gpt-realtime-whisper": TranscriptionModel(perMinute: 0.017)]
    )

    private static let realtime2 = VoiceModel(
        textInput: 4,
        textOutput: 24,
        audioInput: 32,
        audioOutput: 64,
        cachedText: 0.4,
        cachedAudio: 0.4
    )

    /// The prices of a voice model, also of a dated snapshot of it (`…-2026-11-02`).
    package func voiceModel(_ name: String) -> VoiceModel? {
        self.voiceModels[name] ?? self.voiceModels[Self.undated(name)]
    }

    /// The prices of a text model, also of a dated snapshot of it (`…-20251001`).
    package func textModel(_ name: String) -> TextModel? {
        self.textModels[name] ?? self.textModels[Self.undated(name)]
    }

    /// The prices of a transcription model, also of a dated snapshot of it.
    package func transcriptionModel(_ name: String) -> TranscriptionModel? {
        self.transcriptionModels[name] ?? self.transcriptionModels[Self.undated(name)]
    }

    private static func undated(_ name: String) -> String {
        name.replacing(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, with: "")
    }
}
