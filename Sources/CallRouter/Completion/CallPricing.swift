import CallActors
import Wire

/// Prices whole calls: what a call has used until now, or in all, in USD.
package struct CallPricing: Sendable {
    private let voice: PriceTable.VoiceModel?
    private let transcription: PriceTable.TranscriptionModel?
    private let texts: [PriceTable.TextModel]
    private let carrier: PriceTable.Carrier?

    /// - Parameters:
    ///   - table: The prices.
    ///   - voiceModel: The model that talks.
    ///   - transcriptionModel: The model that writes down what the caller says.
    ///   - reasoningModel: The model that is asked during calls.
    ///   - summaryModel: The model that sums calls up.
    package init(
        table: PriceTable,
        voiceModel: String,
        transcriptionModel: String,
        reasoningModel: String,
        summaryModel: String
    ) {
        self.voice = table.voiceModel(voiceModel)
        self.transcription = table.transcriptionModel(transcriptionModel)
        self.texts = Set([reasoningModel, summaryModel]).compactMap(table.textModel)
        self.carrier = table.carrier
    }

    /// The cost of a usage; nil where the voice model was used and has no price.
    ///
    /// Everything else that has no price (a transcription or text model that is not in the table, a carrier whose rates
    /// were not given) is left out: the voice model is by far the largest part, and a sum without the others still is a
    /// limit to go by. A call's tokens of Claude are counted together; where reasoning and summaries use two models, they
    /// are priced at the dearer one.
    ///
    /// - Parameters:
    ///   - usage: What was used.
    ///   - direction: Inbound and outbound minutes have different prices.
    /// - Returns: USD, never negative.
    package func usd(of usage: CallUsage, direction: CallRecord.Direction) -> Double? {
        let tokens = Self.voiceTokens(of: usage)
        var cost = 0.0
        if let voice = self.voice {
            cost += CallCost.usd(of: tokens, at: voice)
        } else if tokens != ModelUsage() {
            return nil
        }
        if let transcription = self.transcription {
            cost += CallCost.usd(
                seconds: usage.transcriptionSeconds,
                inputTokens: usage.voice.transcriptionInput,
                outputTokens: usage.voice.transcriptionOutput,
                at: transcription
            )
        }
        // One request of a call never comes near a prompt that is dearer for its length: the sum must not pass for one.
        cost +=
            self.texts.map { $0.shortPrompts }
            .map { CallCost.usd(inputTokens: usage.claudeInputTokens, outputTokens: usage.claudeOutputTokens, at: $0) }
            .max() ?? 0
        if let carrier = self.carrier {
            cost += CallCost.usd(seconds: usage.carrierSeconds, direction: direction, at: carrier)
        }
        return cost
    }

    /// The voice model's tokens by kind; of a call that was counted in totals alone, the totals.
    private static func voiceTokens(of usage: CallUsage) -> ModelUsage {
        let voice = usage.voice
        var tokens = ModelUsage()
        tokens.inputTextTokens = voice.inputText
        tokens.inputAudioTokens = voice.inputAudio
        tokens.cachedTextTokens = voice.cachedText
        tokens.cachedAudioTokens = voice.cachedAudio
        tokens.outputTextTokens = voice.outputText
        tokens.outputAudioTokens = voice.outputAudio
        let isCountedByKind = tokens != ModelUsage()
        tokens.inputTokens = isCountedByKind ? voice.inputText + voice.inputAudio : usage.modelInputTokens
        tokens.cachedTokens = isCountedByKind ? voice.cachedText + voice.cachedAudio : usage.modelCachedTokens
        tokens.outputTokens = isCountedByKind ? voice.outputText + voice.outputAudio : usage.modelOutputTokens
        return tokens
    }
}

extension PriceTable.TextModel {
    /// The same prices, whatever the length.
    fileprivate var shortPrompts: Self {
        var prices = self
        prices.longPrompt = nil
        return prices
    }
}
