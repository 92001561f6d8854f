/// What the providers charge, in USD per million tokens; price lists of November 2026.
///
/// The carrier's minutes and the transcription of the caller's speech are not in it: their prices depend on the account
/// or are not published per token. A model that is not listed has no price, and a call with it no cost.
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

    package var voiceModels: [String: VoiceModel]
    package var textModels: [String: TextModel]

    package init(voiceModels: [String: VoiceModel], textModels: [String: TextModel]) {
        self.voiceModels = voiceModels
        self.textModels = textModels
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
        ]
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

    private static func undated(_ name: String) -> String {
        name.replacing(/-(\d{8}|\d{4}-\d{2}-\d{2})$/, with: "")
    }
}
