/// The `usage` of a response or a transcription; what is absent counts as 0.
struct RealtimeUsage: Decodable {
    let usage: ModelUsage

    private struct Totals: Decodable {
        let inputTokens: Double?
        let outputTokens: Double?
        let seconds: Double?
        let input: Details?
        let output: Details?

        enum CodingKeys: String, CodingKey {
            case seconds
            case inputTokens = "input_tokens"
            case outputTokens = "output_tokens"
            case input = "input_token_details"
            case output = "output_token_details"
        }
    }

    private struct Details: Decodable {
        let text: Double?
        let audio: Double?
        let cachedTotal: Double?
        let cached: Cached?

        enum CodingKeys: String, CodingKey {
            case text = "text_tokens"
            case audio = "audio_tokens"
            case cachedTotal = "cached_tokens"
            case cached = "cached_tokens_details"
        }
    }

    private struct Cached: Decodable {
        let text: Double?
        let audio: Double?

        enum CodingKeys: String, CodingKey {
            case text = "text_tokens"
            case audio = "audio_tokens"
        }
    }

    init(from decoder: any Decoder) throws {
        let totals = try Totals(from: decoder)
        var usage = ModelUsage()
        usage.inputTokens = RealtimeNumber.tokens(totals.inputTokens)
        usage.outputTokens = RealtimeNumber.tokens(totals.outputTokens)
        usage.cachedTokens = RealtimeNumber.tokens(totals.input?.cachedTotal)
        usage.inputTextTokens = RealtimeNumber.tokens(totals.input?.text)
        usage.inputAudioTokens = RealtimeNumber.tokens(totals.input?.audio)
        usage.cachedTextTokens = RealtimeNumber.tokens(totals.input?.cached?.text)
        usage.cachedAudioTokens = RealtimeNumber.tokens(totals.input?.cached?.audio)
        usage.outputTextTokens = RealtimeNumber.tokens(totals.output?.text)
        usage.outputAudioTokens = RealtimeNumber.tokens(totals.output?.audio)
        usage.seconds = RealtimeNumber.seconds(totals.seconds)
        self.usage = usage
    }
}
