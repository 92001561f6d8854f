import Foundation
import Logging
import Testing
import Wire

@testable import CallRouter

@Suite("The configuration")
struct RouterConfigurationTests {
    // MARK: - Defaults and names

    @Test("two keys are enough, and everything else has its documented default")
    func defaults() throws {
        let configuration = try RouterConfiguration.read([:])
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
        #expect(try RouterConfiguration.read(["PORT": "1"]).listening.port == 1)
        #expect(try RouterConfiguration.read(["PORT": "1", "WEBSOCKET_PORT": "2"]).listening.port == 2)
        #expect(try RouterConfiguration.read(["PORT": "1", "WEBSOCKET_PORT": "  "]).listening.port == 1)
        #expect(
            try RouterConfiguration.read(["WEBSOCKET_SERVER_URL": "ws://localhost:1"]).publicURL?.web("/x")
                == "http://localhost:1/x"
        )
        #expect(try RouterConfiguration.read(["METRICS_PORT": "0"]).listening.metricsPort == nil)
        #expect(try RouterConfiguration.read(["OPENAI_API_KEY": "  k \n"]).openAI.apiKey == Secret("k"))
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
        #expect(RouterConfiguration.problems(others.merging([name: value]) { _, new in new }) == [name])
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
            _ = try RouterConfiguration.read(environment)
            Issue.record("a bad configuration was taken")
        } catch {
            #expect(!error.description.contains("hidden-"))
            #expect(!error.description.contains("sk-key"))
        }
        environment["DRAIN_SECONDS"] = nil
        environment["SIGNALWIRE_SPACE_URL"] = "x.signalwire.com"
        environment["SIGNALWIRE_PROJECT_ID"] = "p"
        environment["SIGNALWIRE_PHONE_NUMBER"] = "+15551230000"
        let configuration = try RouterConfiguration.read(environment)
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
        #expect(RouterConfiguration.problems(["PUBLIC_URL": url]).isEmpty == isTaken)
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
        let publicURL = try #require(try RouterConfiguration.read(environment).publicURL)
        #expect(publicURL.web("/x") == web)
        #expect(publicURL.stream("/x") == stream)
        #expect(publicURL.prefix.path == prefix)
    }
}
