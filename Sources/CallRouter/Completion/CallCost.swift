import CallActors
import Wire

/// What the use of a model costs.
package enum CallCost {
    /// The cost in USD of one response, or one session, of a voice model.
    ///
    /// Cached tokens are a subset of the input (OpenAI's cost guide). Tokens that the provider does not tell apart are
    /// priced as audio, the dearer kind: the cost is then an upper bound.
    package static func usd(of usage: ModelUsage, at prices: PriceTable.VoiceModel) -> Double {
        let cachedText = min(usage.cachedTextTokens, usage.inputTextTokens)
        let cachedAudio = min(max(usage.cachedTokens - cachedText, usage.cachedAudioTokens), usage.inputTokens)
        let text = usage.inputTextTokens - cachedText
        let audio = max(usage.inputAudioTokens, usage.inputTokens - usage.inputTextTokens) - cachedAudio
        let outputAudio = max(usage.outputAudioTokens, usage.outputTokens - usage.outputTextTokens)
        return Self.usd([
            (text, prices.textInput), (cachedText, prices.cachedText),
            (audio, prices.audioInput), (cachedAudio, prices.cachedAudio),
            (usage.outputTextTokens, prices.textOutput), (outputAudio, prices.audioOutput),
        ])
    }

    /// The cost in USD of one request to a text model; nothing of it is taken as cached.
    package static func usd(inputTokens: Int, outputTokens: Int, at prices: PriceTable.TextModel) -> Double {
        if let longPrompt = prices.longPrompt, inputTokens > longPrompt {
            return Self.usd([(inputTokens, prices.longInput), (outputTokens, prices.longOutput)])
        }
        return Self.usd([(inputTokens, prices.input), (outputTokens, prices.output)])
    }

    /// The cost in USD of writing down what a caller said.
    package static func usd(
        seconds: Double,
        inputTokens: Int,
        outputTokens: Int,
        at prices: PriceTable.TranscriptionModel
    ) -> Double {
        max(0, seconds) / 60 * prices.perMinute
            + Self.usd([(inputTokens, prices.input), (outputTokens, prices.output)])
    }

    /// The cost in USD of the line, in whole billing steps; a call that never had one costs nothing.
    package static func usd(seconds: Int, direction: CallRecord.Direction, at prices: PriceTable.Carrier) -> Double {
        let step = max(1, prices.billingSeconds)
        let billed = (max(0, min(seconds, 1 << 40)) + step - 1) / step * step
        let perMinute = direction == .inbound ? prices.inboundPerMinute : prices.outboundPerMinute
        return Double(billed) / 60 * perMinute
    }

    private static func usd(_ parts: [(tokens: Int, pricePerMillion: Double)]) -> Double {
        parts.reduce(0) { $0 + Double(max(0, $1.tokens)) * $1.pricePerMillion / 1e6 }
    }
}
