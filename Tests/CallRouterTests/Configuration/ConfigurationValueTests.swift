import Foundation
import Logging
import Testing
import Wire

@testable import CallRouter

@Suite("The values of the configuration")
struct ConfigurationValueTests {
    @Test("numbers, lists and switches are read as people write them")
    func values() throws {
        let configuration = try RouterConfiguration.read([
            "MAX_CALLS": "0", "MAX_CALL_SECONDS": "12.5", "MAX_CALL_COST_USD": "1.50", "DRAIN_SECONDS": "0",
            "ENABLE_RECORDING": "Yes", "STREAM_CODEC": "l16@24000H", "CALLING_HOURS": "off", "RETRY_MINUTES": "OFF",
            "ALLOWED_COUNTRIES": "us, ca,+800", "TRANSFER_NUMBERS": "+15551230001 ,+15551230002",
            "CALLS_PER_SECOND": "0.5",
        ])
        #expect(configuration.limits.calls == 0)
        #expect(configuration.limits.callTime == .milliseconds(12_500))
        #expect(configuration.limits.callCostUSD == 1.5)
        #expect(configuration.limits.drainTime == .zero)
        #expect(configuration.storage.isRecording)
        #expect(configuration.streams.codec.format == .l16(rate: 24_000))
        #expect(configuration.dialling.hours == nil)
        #expect(configuration.dialling.retryMinutes.isEmpty)
        #expect(configuration.dialling.allowedCountries == ["US", "CA", "+800"])
        #expect(configuration.dialling.transferNumbers == ["+15551230001", "+15551230002"])
        #expect(configuration.dialling.callsPerSecond == 0.5)
    }

    @Test(
        "the log's level and form follow their variables",
        arguments: [
            (["LOG_LEVEL": "WARNING"], Logger.Level.warning, nil), (["DEBUG": "true"], .debug, nil),
            (["DEBUG": "true", "LOG_LEVEL": "trace"], .trace, nil),
            (["DEBUG": "true", "LOG_LEVEL": "error"], .debug, nil),
            (["DEBUG": "false", "LOG_LEVEL": "error"], .error, nil), (["LOG_FORMAT": "text"], .info, .text),
            (["NODE_ENV": "development"], .info, .text),
            (["NODE_ENV": "development", "LOG_FORMAT": "json"], .info, .json),
            (["NODE_ENV": "production"], .info, nil),
        ] as [([String: String], Logger.Level, LogFormat?)]
    )
    func logging(environment: [String: String], level: Logger.Level, format: LogFormat?) throws {
        #expect(try RouterConfiguration.read(environment).logging == .init(level: level, format: format))
    }

    @Test("calling hours contain their beginning and not their end, also past midnight")
    func callingHours() throws {
        let day = try #require(CallingHours("08:00-21:00"))
        #expect(!day.contains(minute: 479) && day.contains(minute: 480) && day.contains(minute: 1259))
        #expect(!day.contains(minute: 1260))
        let night = try #require(CallingHours("22:00-06:00"))
        #expect(night.contains(minute: 1439) && night.contains(minute: 0) && night.contains(minute: 359))
        #expect(!night.contains(minute: 360) && !night.contains(minute: 720))
        #expect(CallingHours("00:00-24:00")?.contains(minute: 1439) == true)
        for text in ["", "-", "08:00", "8:00-9:00", "08:60-09:00", "24:01-09:00", "08:00-09:00-10:00", "ab:cd-ef:gh"] {
            #expect(CallingHours(text) == nil, "\(text)")
        }
    }

    @Test("no environment whatsoever brings the reader down")
    func fuzz() {
        var random = SeededGenerator(seed: 11)
        let names = [
            "WEBSOCKET_PORT", "PUBLIC_URL", "MAX_CALL_SECONDS", "CALLING_HOURS", "RETRY_MINUTES", "TRANSFER_NUMBERS",
            "SIGNALWIRE_SPACE_URL", "STREAM_CODEC", "LOG_LEVEL", "OPENAI_REALTIME_URL", "ALLOWED_COUNTRIES",
            "REDIS_URL",
        ]
        let characters = Array("0123456789.:/-+,@[]? %aehnoprstwxz\u{0}é\n")
        for _ in 0..<3000 {
            var environment = RouterConfiguration.testKeys
            for name in names where Bool.random(using: &random) {
                let text = (0..<Int.random(in: 0...20, using: &random)).compactMap { _ in
                    characters.randomElement(using: &random)
                }
                environment[name] = ["", "https://", "ws://[", "+1"].randomElement(using: &random).map {
                    $0 + String(text)
                }
            }
            _ = try? RouterConfiguration(environment: environment)
        }
    }
}
