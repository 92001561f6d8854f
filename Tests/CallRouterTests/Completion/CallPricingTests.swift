import CallActors
import Testing

@testable import CallRouter

@Suite("The cost of a whole call")
struct CallPricingTests {
    private static let carrier = PriceTable.Carrier(inboundPerMinute: 0.01, outboundPerMinute: 0.02)

    private func pricing(
        voice: String = "gpt-realtime-2.1",
        reasoning: String = "claude-haiku-5-5",
        carrier: PriceTable.Carrier? = CallPricingTests.carrier
    ) -> CallPricing {
        var table = PriceTable.published
        table.transcriptionModels["gpt-transcribe"] = .init(perMinute: 0.006, input: 2.5, output: 10)
        table.carrier = carrier
        return CallPricing(
            table: table,
            voiceModel: voice,
            transcriptionModel: "gpt-transcribe",
            reasoningModel: reasoning,
            summaryModel: "claude-haiku-5-5"
        )
    }

    /// Prices by the million, added up one by one: as one expression it is too much for the compiler.
    private static func sum(_ parts: [(millions: Double, price: Double)]) -> Double {
        parts.reduce(0) { $0 + $1.millions * $1.price }
    }

    private static func isClose(_ value: Double?, _ expected: Double) -> Bool {
        value.map { abs($0 - expected) < 1e-9 } ?? false
    }

    @Test("a call costs what its model, its transcription, Claude and the line cost together")
    func whole() {
        var usage = CallUsage()
        usage.voice.inputText = 100_000
        usage.voice.inputAudio = 50_000
        usage.voice.cachedText = 80_000
        usage.voice.cachedAudio = 20_000
        usage.voice.outputText = 1_000
        usage.voice.outputAudio = 10_000
        usage.modelInputTokens = 150_000
        usage.modelCachedTokens = 100_000
        usage.modelOutputTokens = 11_000
        usage.transcriptionSeconds = 30
        usage.voice.transcriptionInput = 1_000
        usage.voice.transcriptionOutput = 100
        usage.claudeInputTokens = 20_000
        usage.claudeOutputTokens = 1_000
        usage.carrierSeconds = 61
        let model = Self.sum([(0.02, 4), (0.08, 0.4), (0.03, 32), (0.02, 0.4), (0.001, 24), (0.01, 64)])
        let transcription = Self.sum([(0.5, 0.006), (0.001, 2.5), (0.0001, 10)])
        let claude = Self.sum([(0.02, 0.1), (0.001, 0.5)])
        let others: Double = model + transcription + claude
        #expect(Self.isClose(self.pricing().usd(of: usage, direction: .outbound), others + 0.04))
        #expect(Self.isClose(self.pricing().usd(of: usage, direction: .inbound), others + 0.02))
        #expect(Self.isClose(self.pricing(carrier: nil).usd(of: usage, direction: .inbound), others))
    }

    @Test("a call without a line costs nothing, and a begun step is billed whole")
    func line() {
        var usage = CallUsage()
        #expect(self.pricing().usd(of: usage, direction: .outbound) == 0)
        for (seconds, minutes) in [(1, 1.0), (59, 1), (60, 1), (61, 2), (120, 2)] {
            usage.carrierSeconds = seconds
            let expected = minutes * 0.02
            #expect(Self.isClose(self.pricing().usd(of: usage, direction: .outbound), expected))
        }
        let bySecond = PriceTable.Carrier(inboundPerMinute: 0.6, outboundPerMinute: 0.6, billingSeconds: 1)
        usage.carrierSeconds = 61
        #expect(Self.isClose(self.pricing(carrier: bySecond).usd(of: usage, direction: .inbound), 0.61))
    }

    @Test("a voice model without a price leaves the cost unknown once it was used, other parts are left out")
    func unknown() {
        var usage = CallUsage()
        usage.carrierSeconds = 60
        usage.claudeInputTokens = 1_000_000
        #expect(Self.isClose(self.pricing(voice: "gpt-next").usd(of: usage, direction: .outbound), 0.12))
        usage.voice.outputAudio = 1
        #expect(self.pricing(voice: "gpt-next").usd(of: usage, direction: .outbound) == nil)
        #expect(self.pricing().usd(of: usage, direction: .outbound) != nil)
        var total = CallUsage()
        total.modelOutputTokens = 1
        #expect(self.pricing(voice: "gpt-next").usd(of: total, direction: .outbound) == nil)
    }

    @Test("a call that was counted in totals alone is priced as audio, and two models of Claude at the dearer one")
    func bounds() {
        var usage = CallUsage()
        usage.modelInputTokens = 100_000
        usage.modelCachedTokens = 40_000
        usage.modelOutputTokens = 10_000
        let asAudio = Self.sum([(0.06, 32), (0.04, 0.4), (0.01, 64)])
        #expect(Self.isClose(self.pricing().usd(of: usage, direction: .inbound), asAudio))
        var claude = CallUsage()
        claude.claudeInputTokens = 200_000
        claude.claudeOutputTokens = 1_000
        #expect(
            Self.isClose(self.pricing().usd(of: claude, direction: .inbound), Self.sum([(0.2, 0.1), (0.001, 0.5)]))
        )
        let dearer = self.pricing(reasoning: "claude-opus-5").usd(of: claude, direction: .inbound)
        #expect(Self.isClose(dearer, Self.sum([(0.2, 5), (0.001, 25)])))
        #expect(Self.isClose(self.pricing(reasoning: "claude-none").usd(of: claude, direction: .inbound), 0.0205))
    }

    @Test("whatever was counted, a cost is never negative, and more usage never costs less")
    func monotone() {
        var random = SeededGenerator(seed: 41)
        let pricing = self.pricing()
        for _ in 0..<500 {
            var usage = CallUsage()
            usage.voice.inputText = Int.random(in: 0...100_000, using: &random)
            usage.voice.inputAudio = Int.random(in: 0...100_000, using: &random)
            usage.voice.cachedText = Int.random(in: 0...120_000, using: &random)
            usage.voice.outputAudio = Int.random(in: 0...100_000, using: &random)
            usage.carrierSeconds = Int.random(in: -5...10_000, using: &random)
            usage.transcriptionSeconds = Double.random(in: -1...500, using: &random)
            let cost = pricing.usd(of: usage, direction: .outbound) ?? -1
            #expect(cost >= 0)
            usage.voice.inputAudio += 1_000
            usage.voice.outputText += 10
            usage.carrierSeconds += 30
            #expect((pricing.usd(of: usage, direction: .outbound) ?? -1) >= cost)
        }
    }
}
