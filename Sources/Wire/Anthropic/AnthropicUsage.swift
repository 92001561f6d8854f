/// The tokens of one answer; every count is a total, also while the answer is streamed.
package struct AnthropicUsage: Sendable, Equatable {
    /// Input that was neither read from the cache nor written to it.
    package var uncachedInputTokens = 0
    package var cacheWriteTokens = 0
    package var cacheReadTokens = 0
    /// Thinking included.
    package var outputTokens = 0

    package init() {}

    /// All input, cached or not.
    package var inputTokens: Int { self.uncachedInputTokens + self.cacheWriteTokens + self.cacheReadTokens }

    /// The `usage` object of the wire, where an absent count leaves the last one standing.
    struct Report: Decodable {
        let input: Double?
        let cacheWrite: Double?
        let cacheRead: Double?
        let output: Double?

        enum CodingKeys: String, CodingKey {
            case input = "input_tokens"
            case cacheWrite = "cache_creation_input_tokens"
            case cacheRead = "cache_read_input_tokens"
            case output = "output_tokens"
        }
    }

    mutating func update(with report: Report) {
        if let count = report.input { self.uncachedInputTokens = Self.held(count) }
        if let count = report.cacheWrite { self.cacheWriteTokens = Self.held(count) }
        if let count = report.cacheRead { self.cacheReadTokens = Self.held(count) }
        if let count = report.output { self.outputTokens = Self.held(count) }
    }

    /// Holds a count to a bound far above any context, so that no sum of ours overflows.
    private static func held(_ count: Double) -> Int {
        count > 0 ? Int(min(count, 1_000_000_000)) : 0
    }
}
