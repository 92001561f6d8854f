import NIOCore
import Testing

@testable import Wire

@Suite struct RealtimeDialectTests {
    let dialect = RealtimeDialect()

    @Test(
        "the model is a query parameter, whatever the base already has",
        arguments: [
            ("wss://api.openai.com/v1/realtime", "wss://api.openai.com/v1/realtime?model=gpt-realtime-2.1"),
            ("wss://h/v1/realtime?", "wss://h/v1/realtime?model=gpt-realtime-2.1"),
            ("wss://h/r?region=eu", "wss://h/r?region=eu&model=gpt-realtime-2.1"),
            ("wss://h/r?region=eu&", "wss://h/r?region=eu&model=gpt-realtime-2.1"),
            ("wss://h/r?model=old&region=eu", "wss://h/r?region=eu&model=gpt-realtime-2.1"),
            ("wss://h/r?models=1&model", "wss://h/r?models=1&model=gpt-realtime-2.1"),
            ("ws://127.0.0.1:4001/r#part", "ws://127.0.0.1:4001/r?model=gpt-realtime-2.1"),
        ]
    )
    func address(base: String, expected: String) {
        #expect(self.dialect.address(base: base, model: "gpt-realtime-2.1") == expected)
    }

    @Test("a model's name cannot break out of its parameter")
    func escapedModel() {
        #expect(self.dialect.address(base: "wss://h/r", model: "a&b=ü c\t") == "wss://h/r?model=a%26b%3D%C3%BC%20c%09")
    }

    @Test("the upgrade carries the key, and a safety identifier only where there is one")
    func headers() {
        let plain = self.dialect.headers(apiKey: "sk-test", safetyIdentifier: nil)
        #expect(plain.map(\.name) == ["Authorization"])
        #expect(plain.map(\.value) == ["Bearer sk-test"])
        let identified = self.dialect.headers(apiKey: "sk-test", safetyIdentifier: "7f3a")
        #expect(identified.map(\.name) == ["Authorization", "OpenAI-Safety-Identifier"])
        #expect(identified.last?.value == "7f3a")
    }

    @Test("caller audio between the two halves of the envelope is the append event of the API")
    func appendEnvelope() throws {
        let example = try #require(
            try ModelExamples.lines("openai-client.jsonl").first { $0.contains("input_audio_buffer.append") }
        )
        let audio = try #require(try ModelExamples.json(example)["audio"])
        guard case .string(let base64) = audio else { throw ModelMessageError(byteCount: 0, reason: "no audio") }
        let (prefix, suffix) = self.dialect.appendEnvelope
        #expect("\(prefix)\(base64)\(suffix)" == example)
    }
}
