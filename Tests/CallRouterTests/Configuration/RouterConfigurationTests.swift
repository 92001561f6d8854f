import Foundation
import Logging
import Testing
import Wire

@testable import CallRouter

@Suite("The configuration")
struct RouterConfigurationTests {
    private static let keys = ["OPENAI_API_KEY": "sk-secret-openai", "ANTHROPIC_API_KEY": "sk-ant-secret"]

    private func read(_ environment: [String: String]) throws(ConfigurationError) -> RouterConfiguration {
        try RouterConfiguration(environment: Self.keys.merging(environment) { _, new in new })
    }

    /// The names of the variables that are wrong.
    private func problems(_ environment: [String: String]) -> [String] {
        do {
            _ = try self.read(environment)
            return []
        } catch {
            return error.problems.map(\.variable.name)
        }
    }

    // MARK: - Defaults and names

    @Test("two keys are enough, and everything else has its documented default")
    func defaults() throws {
        let configuration = try self.read([:])
        #expect(configuration.listening == .init(address: "0.0.0.0", port: 8080, metricsPort: 9091))
        #expect(configuration.publicURL == nil)
        #expect(configuration.openAI.url.string == "wss://api.openai.com/v1/realtime")
        #expect(configuration.openAI.model == "gpt-realtime-2.1")
        #expect(configuration.openAI.transcriptionModel == "gpt-transcribe")
        #expect(configuration.openAI.voice == "marin")
        #expect(configuration.anthropic.baseURL.string == "https://api.anthropic.com")
        #expect(configuration.anthropic.model == "claude-haiku-5-5")
        #expect(configuration.anthropic.reasoningModel == "claude-haiku-5-5")
        #expect(configuration.anthropic.reasoningDeadline == .seconds(4))
        #expect(
            configuration.storage == .init(directory: "./data", isRecording: false, summaryRetryTime: .seconds(86_400))
        )
        #expect(configuration.streams == .init(auth: .token, tokenSecret: nil, codec: .pcmu))
        #expect(configuration.inbound == .init(acceptsUnknownCallers: true, systemPrompt: ""))
        #expect(configuration.api == .init(token: nil, requestsPerMinute: 300))
        #expect(
            configuration.limits
                == .init(
                    calls: 1000,
                    callTime: .seconds(300),
                    callCostUSD: nil,
                    staleTime: .seconds(15),
                    resumeTime: .seconds(30),
                    drainTime: .seconds(330)
                )
        )
        #expect(configuration.prices == .published)
        #expect(configuration.dialling.callsPerSecond == 1)
        #expect(configuration.dialling.hours == CallingHours("08:00-21:00"))
        #expect(configuration.dialling.retryMinutes == [30, 60])
        #expect(configuration.dialling.allowedCountries == nil)
        #expect(configuration.dialling.transferNumbers.isEmpty)
        #expect(configuration.dialling.queue == "calls")
        #expect(configuration.logging == .init(level: .info, format: nil))
        #expect(configuration.supabase == nil)
        #expect(configuration.carrier == nil)
        #expect(configuration.webhooks == .init(signingKey: nil, fallbackURL: nil))
        #expect(configuration.warnings.isEmpty)
    }

    @Test("aliases are read, the documented name wins, and blank means unset")
    func aliases() throws {
        #expect(try self.read(["PORT": "1"]).listening.port == 1)
        #expect(try self.read(["PORT": "1", "WEBSOCKET_PORT": "2"]).listening.port == 2)
        #expect(try self.read(["PORT": "1", "WEBSOCKET_PORT": "  "]).listening.port == 1)
        #expect(
            try self.read(["WEBSOCKET_SERVER_URL": "ws://localhost:1"]).publicURL?.web("/x") == "http://localhost:1/x"
        )
        #expect(try self.read(["METRICS_PORT": "0"]).listening.metricsPort == nil)
        #expect(try self.read(["OPENAI_API_KEY": "  k \n"]).openAI.apiKey == Secret("k"))
    }

    // MARK: - What is wrong

    @Test("everything that is missing or invalid comes in one message, with purpose and example")
    func oneMessage() throws {
        do {
            _ = try RouterConfiguration(environment: [
                "WEBSOCKET_PORT": "99999", "MAX_CALLS": "many", "PUBLIC_URL": "https://a.example",
                "OPENAI_DIALECT": "live",
                "STREAM_AUTH": "none", "REDIS_URL": "http://user:hunter2@x", "UNKNOWN": "x",
            ])
            Issue.record("a bad configuration was taken")
        } catch {
            let text = error.description
            let names = [
                "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "WEBSOCKET_PORT", "MAX_CALLS", "SIGNALWIRE_SIGNING_KEY",
                "OPENAI_DIALECT", "STREAM_AUTH", "REDIS_URL",
            ]
            #expect(Set(error.problems.map(\.variable.name)) == Set(names))
            for name in names {
                #expect(text.contains("\n  - \(name) is ") && text.contains("Example: \(name)="), "\(name)")
            }
            #expect(text.contains("\"99999\""))
            #expect(!text.contains("hunter2"))
            #expect(!text.contains("UNKNOWN"))
        }
    }

    @Test(
        "a value that makes no sense is a problem of its variable",
        arguments: [
            ("WEBSOCKET_PORT", "-1"), ("WEBSOCKET_PORT", "80.5"), ("METRICS_PORT", "65536"), ("MAX_CALLS", "-1"),
            ("MAX_CALL_SECONDS", "0"), ("MAX_CALL_SECONDS", "nan"), ("MAX_CALL_COST_USD", "0"),
            ("STALE_CALL_SECONDS", "-3"),
            ("RESUME_SECONDS", "inf"), ("DRAIN_SECONDS", "soon"), ("REASONING_DEADLINE_SECONDS", "0"),
            ("API_REQUESTS_PER_MINUTE", "0"), ("ENABLE_RECORDING", "maybe"), ("LOG_LEVEL", "loud"),
            ("LOG_FORMAT", "xml"),
            ("STREAM_CODEC", "PCMA@8000h"), ("STREAM_AUTH", "tokens"), ("INBOUND_CALLS", "sometimes"),
            ("WEBHOOK_AUTH", "perhaps"), ("OPENAI_DIALECT", "other"), ("OPENAI_REALTIME_URL", "ws://api.openai.com"),
            ("OPENAI_REALTIME_URL", "https://api.openai.com"), ("ANTHROPIC_BASE_URL", "http://api.anthropic.com"),
            ("ANTHROPIC_BASE_URL", "api.anthropic.com"), ("PUBLIC_URL", "http://router.example"),
            ("PUBLIC_URL", "wss://"),
            ("PUBLIC_URL", "https://u:p@localhost"), ("PUBLIC_URL", "https://localhost/?a=1"),
            ("PUBLIC_URL", "ftp://localhost"),
            ("NEXT_PUBLIC_SUPABASE_URL", "http://x.supabase.co"), ("SIGNALWIRE_SPACE_URL", "http://x.signalwire.com"),
            ("TWILIO_API_URL", "http://api.twilio.com"), ("CARRIER_FALLBACK_URL", "x"), ("CALLING_HOURS", "8-21"),
            ("CALLING_HOURS", "08:00-25:00"), ("CALLING_HOURS", "08:00-08:00"), ("RETRY_MINUTES", "30,x"),
            ("ALLOWED_COUNTRIES", "USA"),
            ("ALLOWED_COUNTRIES", "US,UK"), ("ALLOWED_COUNTRIES", "+999"), ("ALLOWED_COUNTRIES", "US,+"),
            ("PRICE_TABLE", "/nowhere/prices.json"), ("TRANSFER_NUMBERS", "5551234"), ("CALLS_PER_SECOND", "0"),
            ("DEBUG", "si"), ("SENTRY_DSN", "https://o0.ingest.sentry.io/1"),
        ]
    )
    func invalid(name: String, value: String) {
        let others = name == "NEXT_PUBLIC_SUPABASE_URL" ? ["SUPABASE_SERVICE_ROLE_KEY": "k"] : [:]
        #expect(self.problems(others.merging([name: value]) { _, new in new }) == [name])
    }

    @Test("no secret's value is ever shown, not even by what prints whole structures")
    func secrets() throws {
        var environment = ["PUBLIC_URL": "https://a.example", "DRAIN_SECONDS": "sk-key-in-the-wrong-place-1234567890"]
        let names = [
            "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "SIGNALWIRE_API_TOKEN", "TWILIO_AUTH_TOKEN",
            "SIGNALWIRE_SIGNING_KEY",
            "STREAM_TOKEN_SECRET", "ROUTER_API_TOKEN", "SUPABASE_SERVICE_ROLE_KEY", "SENTRY_DSN",
        ]
        for name in names { environment[name] = "hidden-\(name)" }
        environment["SENTRY_DSN"] = "https://hidden-SENTRY_DSN@o0.ingest.sentry.io/1"
        environment["NEXT_PUBLIC_SUPABASE_URL"] = "https://x.supabase.co"
        do {
            _ = try self.read(environment)
            Issue.record("a bad configuration was taken")
        } catch {
            #expect(!error.description.contains("hidden-"))
            #expect(!error.description.contains("sk-key"))
        }
        environment["DRAIN_SECONDS"] = nil
        environment["SIGNALWIRE_SPACE_URL"] = "x.signalwire.com"
        environment["SIGNALWIRE_PROJECT_ID"] = "p"
        environment["SIGNALWIRE_PHONE_NUMBER"] = "+15551230000"
        let configuration = try self.read(environment)
        var dumped = ""
        dump(configuration, to: &dumped)
        #expect(!dumped.contains("hidden-"))
        // Twilio's token is not in use beside a SignalWire space.
        for name in names where name != "TWILIO_AUTH_TOKEN" {
            #expect(configuration.secretValues.contains("hidden-\(name)"), "failure reports are scrubbed of it")
        }
        #expect(configuration.secretValues.contains("+15551230000"))
        #expect(!"\(configuration)".contains("hidden-"))
        #expect(!String(reflecting: configuration).contains("hidden-"))
        #expect(dumped.contains("«secret»"))
    }

    // MARK: - Addresses

    @Test(
        "plain schemes are for this machine only",
        arguments: [
            ("http://localhost:8080", true), ("ws://127.0.0.1", true), ("http://127.8.9.1:1", true),
            ("http://[::1]:8080", true),
            ("http://app.localhost", true), ("http://127.0.0.1.example.com", false), ("http://10.0.0.1", false),
            ("http://localhost.example.com", false), ("http://127.0.0", false),
        ]
    )
    func loopback(url: String, isTaken: Bool) {
        #expect(self.problems(["PUBLIC_URL": url]).isEmpty == isTaken)
    }

    @Test(
        "the public address gives webhooks and streams their schemes and keeps its prefix",
        arguments: [
            ("https://r.example", "https://r.example/x", "wss://r.example/x", ""),
            ("wss://r.example/", "https://r.example/x", "wss://r.example/x", ""),
            ("https://r.example:8443/a/b/", "https://r.example:8443/a/b/x", "wss://r.example:8443/a/b/x", "/a/b"),
            ("ws://localhost:1/p", "http://localhost:1/p/x", "ws://localhost:1/p/x", "/p"),
            ("HTTPS://R.example", "https://R.example/x", "wss://R.example/x", ""),
        ]
    )
    func publicURL(url: String, web: String, stream: String, prefix: String) throws {
        let environment = ["PUBLIC_URL": url, "SIGNALWIRE_SIGNING_KEY": "k"]
        let publicURL = try #require(try self.read(environment).publicURL)
        #expect(publicURL.web("/x") == web)
        #expect(publicURL.stream("/x") == stream)
        #expect(publicURL.prefix.path == prefix)
    }

    // MARK: - What depends on what

    @Test("a router that the world reaches needs a signing key, or to be told to go without one")
    func signingKey() throws {
        #expect(self.problems(["PUBLIC_URL": "https://a.example"]) == ["SIGNALWIRE_SIGNING_KEY"])
        #expect(self.problems(["PUBLIC_URL": "http://localhost"]).isEmpty)
        let off = try self.read([
            "PUBLIC_URL": "https://a.example", "WEBHOOK_AUTH": "off", "SIGNALWIRE_SIGNING_KEY": "k",
        ])
        #expect(off.webhooks.signingKey == nil)
        #expect(off.warnings.contains { $0.contains("WEBHOOK_AUTH=off") })
        let twilio = try self.read(["PUBLIC_URL": "https://a.example", "TWILIO_AUTH_TOKEN": "t"])
        #expect(twilio.webhooks.signingKey == Secret("t"))
        let mixed = [
            "PUBLIC_URL": "https://a.example", "TWILIO_AUTH_TOKEN": "t", "SIGNALWIRE_SPACE_URL": "x.signalwire.com",
        ]
        #expect(self.problems(mixed) == ["SIGNALWIRE_SIGNING_KEY"])
    }

    @Test("signed streams need a key and an address to sign")
    func signedStreams() {
        #expect(self.problems(["STREAM_AUTH": "signature"]) == ["SIGNALWIRE_SIGNING_KEY", "PUBLIC_URL"])
        let whole = ["STREAM_AUTH": "signature", "TWILIO_AUTH_TOKEN": "t", "PUBLIC_URL": "https://a.example"]
        #expect(self.problems(whole).isEmpty)
    }

    @Test("what is open to everybody is warned about")
    func warnings() throws {
        #expect(try self.read(["STREAM_AUTH": "off"]).warnings.contains { $0.contains("STREAM_AUTH=off") })
        #expect(
            try self.read(["STREAM_TOKEN_SECRET": "short"]).warnings.contains { $0.contains("STREAM_TOKEN_SECRET") }
        )
    }

    @Test("Supabase needs a key, takes the weaker one with a warning, and makes rejecting the default")
    func supabase() throws {
        let url = "https://x.supabase.co"
        #expect(self.problems(["SUPABASE_URL": url]) == ["SUPABASE_SERVICE_ROLE_KEY"])
        let weak = try self.read(["SUPABASE_URL": url, "NEXT_PUBLIC_SUPABASE_ANON_KEY": "a"])
        #expect(weak.supabase?.key == Secret("a"))
        #expect(weak.warnings.contains { $0.hasPrefix("NEXT_PUBLIC_SUPABASE_ANON_KEY is used") })
        #expect(!weak.inbound.acceptsUnknownCallers)
        let strong = try self.read([
            "NEXT_PUBLIC_SUPABASE_URL": url, "NEXT_PUBLIC_SUPABASE_ANON_KEY": "a", "SUPABASE_SERVICE_ROLE_KEY": "s",
            "INBOUND_CALLS": "ACCEPT", "SUPABASE_INITIATOR_ID": "u",
        ])
        #expect(strong.supabase?.key == Secret("s"))
        #expect(strong.supabase?.initiatorID == "u")
        #expect(!strong.warnings.contains { $0.contains("ANON_KEY") })
        #expect(strong.inbound.acceptsUnknownCallers)
    }

    @Test("the carrier is SignalWire where a space is set, else Twilio, and half an account is warned about")
    func carrier() throws {
        var environment = [
            "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": "t", "TWILIO_PHONE_NUMBER": "+15551230000",
        ]
        guard case .twilio("AC1", Secret("t"), let api, "+15551230000") = try self.read(environment).carrier else {
            Issue.record("not Twilio")
            return
        }
        #expect(api.string == "https://api.twilio.com")
        environment["SIGNALWIRE_SPACE_URL"] = "x.signalwire.com"
        #expect(try self.read(environment).carrier == nil)
        #expect(try self.read(environment).warnings.contains { $0.contains("SIGNALWIRE_PROJECT_ID") })
        environment["SIGNALWIRE_PROJECT_ID"] = "p"
        environment["SIGNALWIRE_API_TOKEN"] = "t"
        environment["SIGNALWIRE_PHONE_NUMBER"] = "+15559990000"
        guard case .signalWire("p", Secret("t"), let space, "+15559990000") = try self.read(environment).carrier else {
            Issue.record("not SignalWire")
            return
        }
        #expect(space.string == "https://x.signalwire.com")
        environment["SIGNALWIRE_SPACE_URL"] = "http://127.0.0.1:9999"
        #expect(try self.read(environment).carrier?.number == "+15559990000")
    }

    @Test("prices come from a file, whose every fault is named, and a limit that no price can reach is warned about")
    func prices() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/prices.json"
        let priced = #"{"voice_models": {"gpt-realtime-2.1": {"audio_output": 1}}}"#
        try priced.write(toFile: path, atomically: true, encoding: .utf8)
        let configuration = try self.read(["PRICE_TABLE": path])
        #expect(configuration.prices.voiceModel("gpt-realtime-2.1")?.audioOutput == 1)
        #expect(configuration.warnings.isEmpty)
        try #"{"voice_models": 1, "carier": {}}"#.write(toFile: path, atomically: true, encoding: .utf8)
        do {
            _ = try self.read(["PRICE_TABLE": path])
            Issue.record("a bad price table was taken")
        } catch {
            #expect(error.problems.map(\.variable.name) == ["PRICE_TABLE"])
            #expect(error.description.contains("voice_models must be an object"))
            #expect(error.description.contains("carier is no field"))
        }
        let limit = ["MAX_CALL_COST_USD": "1"]
        #expect(try self.read(limit).warnings.isEmpty)
        let unpriced = try self.read(limit.merging(["OPENAI_REALTIME_MODEL": "gpt-next"]) { $1 })
        #expect(unpriced.warnings.contains { $0.contains("PRICE_TABLE") })
    }

    @Test("what is built by now has its effect without a warning")
    func built() throws {
        let built = [
            "MAX_CALL_COST_USD": "1", "REDIS_URL": "redis://127.0.0.1", "STREAM_CODEC": "L16@16000h",
            "SUPABASE_URL": "https://x.supabase.co", "SUPABASE_SERVICE_ROLE_KEY": "k",
            "SENTRY_DSN": "https://k@o0.ingest.sentry.io/1",
        ]
        #expect(try self.read(built).warnings.isEmpty)
        #expect(try self.read(["SENTRY_DSN": "http://k@sentry.example/1"]).warnings.count == 1)
    }

    @Test("the name of the deployment is that of NODE_ENV, without what such a name may not have")
    func environmentName() throws {
        #expect(try self.read([:]).environmentName == "production")
        #expect(try self.read(["NODE_ENV": "staging-2"]).environmentName == "staging-2")
        #expect(try self.read(["NODE_ENV": "my staging/1\n"]).environmentName == "mystaging1")
        #expect(try self.read(["NODE_ENV": "///"]).environmentName == "production")
    }

    // MARK: - Values

    @Test("numbers, lists and switches are read as people write them")
    func values() throws {
        let configuration = try self.read([
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
        #expect(try self.read(environment).logging == .init(level: level, format: format))
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
            var environment = Self.keys
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
