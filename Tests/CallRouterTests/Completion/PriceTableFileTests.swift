import Foundation
import Testing

@testable import CallRouter

@Suite("The price table file")
struct PriceTableFileTests {
    private func table(_ text: String) throws(PriceTableFile.Faults) -> PriceTable {
        try PriceTableFile.table(of: Data(text.utf8))
    }

    private func faults(_ text: String) -> [String] {
        do throws(PriceTableFile.Faults) {
            _ = try self.table(text)
            return []
        } catch {
            return error.faults
        }
    }

    @Test("what the file names has its prices, everything else the published ones")
    func overrides() throws {
        let table = try self.table(
            """
            {"voice_models": {"gpt-realtime-2.1": {"audio_output": 60, "comment": "our discount"}},
             "text_models": {"claude-haiku-5-5": {"input": 0.2}, "claude-next": {"input": 1, "output": 2}},
             "transcription_models": {"gpt-transcribe": {"per_minute": 0.006}},
             "carrier": {"inbound_per_minute": 0.01, "outbound_per_minute": 0.02, "billing_seconds": 1}}
            """
        )
        let published = PriceTable.published
        var voice = try #require(published.voiceModel("gpt-realtime-2.1"))
        voice.audioOutput = 60
        #expect(table.voiceModel("gpt-realtime-2.1") == voice)
        #expect(table.voiceModel("gpt-realtime-2.1-mini") == published.voiceModel("gpt-realtime-2.1-mini"))
        var text = try #require(published.textModel("claude-haiku-5-5"))
        text.input = 0.2
        #expect(table.textModel("claude-haiku-5-5") == text)
        #expect(table.textModel("claude-next") == PriceTable.TextModel(input: 1, output: 2))
        #expect(table.transcriptionModel("gpt-transcribe") == PriceTable.TranscriptionModel(perMinute: 0.006))
        #expect(table.transcriptionModel("gpt-realtime-whisper")?.perMinute == 0.017)
        let carrier = PriceTable.Carrier(inboundPerMinute: 0.01, outboundPerMinute: 0.02, billingSeconds: 1)
        #expect(table.carrier == carrier)
        #expect(try self.table("{}") == published)
        #expect(published.carrier == nil)
    }

    @Test("every fault is named with its place")
    func faultsAtOnce() {
        let faults = self.faults(
            """
            {"voice_models": {"gpt-realtime-2.1": {"audio_output": "60", "audio_imput": 1}, "next": {"text_input": 1}},
             "text_models": [], "transcription_models": {"gpt-transcribe": {}, "other": 5},
             "carrier": {"inbound_per_minute": -1, "billing_seconds": 0.5}, "prices": {},
             "comment": "fine"}
            """
        )
        let places = [
            "voice_models.gpt-realtime-2.1.audio_output must be a price", "gpt-realtime-2.1.audio_imput is no field",
            "voice_models.next.text_output is missing", "voice_models.next.cached_audio is missing",
            "text_models must be an object", "transcription_models.gpt-transcribe must have per_minute",
            "transcription_models.other must be an object", "carrier.inbound_per_minute must be a price",
            "carrier.outbound_per_minute is missing", "carrier.billing_seconds must be a whole number",
            "prices is no field",
        ]
        for place in places { #expect(faults.contains { $0.contains(place) }, "\(place)") }
        #expect(faults.count == places.count + 3, "the three other prices of the new voice model")
    }

    @Test(
        "what is no price is not taken for one",
        arguments: ["true", "null", "\"1\"", "[1]", "{}", "-0.01", "1e7", "1000000.5"]
    )
    func values(value: String) {
        let faults = self.faults(#"{"text_models": {"claude-opus-5": {"input": \#(value)}}}"#)
        #expect(faults == ["text_models.claude-opus-5.input must be a price in USD, from 0 to 1000000"])
    }

    @Test("what is no JSON object, too large or not there is said to be so")
    func noFile() {
        for text in ["", "[]", "1", "{", "{\"a\":}", "\u{FEFF}x"] {
            #expect(self.faults(text) == ["the file is no JSON object"])
        }
        #expect(self.faults(String(repeating: " ", count: 2 << 20)) == ["the file is larger than 1 MiB"])
        #expect(throws: PriceTableFile.Faults(faults: ["there is no file that can be read"])) {
            try PriceTableFile.table(atPath: "/nowhere/prices.json")
        }
    }

    @Test("a long prompt's prices may be added to a model, and must then be whole")
    func longPrompts() throws {
        #expect(
            self.faults(#"{"text_models": {"claude-opus-5": {"long_prompt_tokens": 200000, "long_input": 10}}}"#)
                == ["text_models.claude-opus-5.long_output is missing"]
        )
        let table = try self.table(
            #"{"text_models": {"claude-opus-5": {"long_prompt_tokens": 200000, "long_input": 10, "long_output": 50}}}"#
        )
        #expect(table.textModel("claude-opus-5")?.longPrompt == 200_000)
        #expect(table.textModel("claude-opus-5")?.longOutput == 50)
    }

    @Test("the example that comes with the router is one")
    func example() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let table = try PriceTableFile.table(atPath: root.appending(path: "ops/prices.example.json").path)
        #expect(table.carrier != nil)
        #expect(table.transcriptionModel("gpt-transcribe") != nil)
        #expect(table.voiceModels == PriceTable.published.voiceModels, "the published prices are shown as they are")
        #expect(table.textModels == PriceTable.published.textModels)
    }

    @Test("no file whatsoever brings the reader down")
    func fuzz() {
        var random = SeededGenerator(seed: 40)
        let example = Array(
            #"{"voice_models":{"a":{"text_input":1e3}},"carrier":{"inbound_per_minute":0.5,"billing_seconds":60}}"#.utf8
        )
        for _ in 0..<3000 {
            var bytes = example
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.insert(bytes[place], at: Int.random(in: 0...bytes.count, using: &random))
                }
            }
            _ = try? PriceTableFile.table(of: Data(bytes))
        }
    }
}
