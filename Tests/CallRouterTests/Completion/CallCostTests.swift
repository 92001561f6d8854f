import CallRouter
import Testing
import Wire

@Suite struct CallCostTests {
    @Test("a response costs what the price list says, and cached tokens are paid once")
    func voiceModel() throws {
        let prices = try #require(PriceTable.published.voiceModel("gpt-realtime-2.1"))
        var usage = ModelUsage()
        usage.inputTokens = 1_000_000
        usage.inputTextTokens = 400_000
        usage.inputAudioTokens = 600_000
        usage.cachedTokens = 300_000
        usage.cachedTextTokens = 100_000
        usage.cachedAudioTokens = 200_000
        usage.outputTokens = 150_000
        usage.outputTextTokens = 50_000
        usage.outputAudioTokens = 100_000
        // 0.3 × 4 + 0.1 × 0.40 + 0.4 × 32 + 0.2 × 0.40 + 0.05 × 24 + 0.1 × 64
        #expect(Self.isClose(CallCost.usd(of: usage, at: prices), 21.72))
        #expect(CallCost.usd(of: ModelUsage(), at: prices) == 0)
    }

    @Test("tokens that are not told apart are priced as audio")
    func totalsOnly() throws {
        let prices = try #require(PriceTable.published.voiceModel("gpt-realtime-2.1-mini"))
        var usage = ModelUsage()
        usage.inputTokens = 1_000_000
        usage.cachedTokens = 250_000
        usage.outputTokens = 100_000
        // 0.75 × 10 + 0.25 × 0.30 + 0.1 × 20
        #expect(Self.isClose(CallCost.usd(of: usage, at: prices), 9.575))
    }

    @Test("nonsense never makes a cost negative, and a part is never dearer than all of it as audio")
    func bounds() throws {
        let prices = try #require(PriceTable.published.voiceModel("gpt-realtime-2"))
        var random = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            var usage = ModelUsage()
            usage.inputTokens = Int.random(in: 0...1_000, using: &random)
            usage.inputTextTokens = Int.random(in: 0...usage.inputTokens, using: &random)
            usage.inputAudioTokens = usage.inputTokens - usage.inputTextTokens
            usage.cachedTokens = Int.random(in: 0...2_000, using: &random)
            usage.cachedTextTokens = Int.random(in: -10...2_000, using: &random)
            usage.cachedAudioTokens = Int.random(in: -10...2_000, using: &random)
            let cost = CallCost.usd(of: usage, at: prices)
            let allAudio = Double(usage.inputTokens) * 32e-6 + 1e-9
            #expect(cost >= 0)
            #expect(cost <= allAudio)
        }
    }

    @Test("a long prompt has its own price")
    func textModel() throws {
        let prices = try #require(PriceTable.published.textModel("claude-haiku-5-5"))
        #expect(Self.isClose(CallCost.usd(inputTokens: 100_000, outputTokens: 1_000, at: prices), 0.0105))
        #expect(Self.isClose(CallCost.usd(inputTokens: 200_000, outputTokens: 1_000, at: prices), 0.1025))
    }

    @Test("a dated snapshot has the price of its model, and an unknown model none")
    func names() {
        let table = PriceTable.published
        #expect(table.textModel("claude-haiku-4-5-20251001") == table.textModel("claude-haiku-4-5"))
        #expect(table.voiceModel("gpt-realtime-2.1-2026-08-01") == table.voiceModel("gpt-realtime-2.1"))
        #expect(table.voiceModel("gpt-realtime-2.1-mini") != table.voiceModel("gpt-realtime-2.1"))
        #expect(table.voiceModel("gpt-next") == nil)
        #expect(table.textModel("gpt-realtime-2.1") == nil)
    }

    private static func isClose(_ value: Double, _ expected: Double) -> Bool { abs(value - expected) < 1e-9 }
}
