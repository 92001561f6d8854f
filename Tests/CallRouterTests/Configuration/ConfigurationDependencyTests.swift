import Foundation
import Logging
import Testing
import Wire

@testable import CallRouter

@Suite("What depends on what in the configuration")
struct ConfigurationDependencyTests {
    @Test("a router that the world reaches needs a signing key, or to be told to go without one")
    func signingKey() throws {
        #expect(RouterConfiguration.problems(["PUBLIC_URL": "https://a.example"]) == ["SIGNALWIRE_SIGNING_KEY"])
        #expect(RouterConfiguration.problems(["PUBLIC_URL": "http://localhost"]).isEmpty)
        let off = try RouterConfiguration.read([
            "PUBLIC_URL": "https://a.example", "WEBHOOK_AUTH": "off", "SIGNALWIRE_SIGNING_KEY": "k",
        ])
        #expect(off.webhooks.signingKey == nil)
        #expect(off.warnings.contains { $0.contains("WEBHOOK_AUTH=off") })
        let twilio = try RouterConfiguration.read(["PUBLIC_URL": "https://a.example", "TWILIO_AUTH_TOKEN": "t"])
        #expect(twilio.webhooks.signingKey == Secret("t"))
        let mixed = [
            "PUBLIC_URL": "https://a.example", "TWILIO_AUTH_TOKEN": "t", "SIGNALWIRE_SPACE_URL": "x.signalwire.com",
        ]
        #expect(RouterConfiguration.problems(mixed) == ["SIGNALWIRE_SIGNING_KEY"])
    }

    @Test("signed streams need a key and an address to sign")
    func signedStreams() {
        #expect(RouterConfiguration.problems(["STREAM_AUTH": "signature"]) == ["SIGNALWIRE_SIGNING_KEY", "PUBLIC_URL"])
        let whole = ["STREAM_AUTH": "signature", "TWILIO_AUTH_TOKEN": "t", "PUBLIC_URL": "https://a.example"]
        #expect(RouterConfiguration.problems(whole).isEmpty)
    }

    @Test("what is open to everybody is warned about")
    func warnings() throws {
        #expect(
            try RouterConfiguration.read(["STREAM_AUTH": "off"]).warnings.contains { $0.contains("STREAM_AUTH=off") }
        )
        #expect(
            try RouterConfiguration.read(["STREAM_TOKEN_SECRET": "short"]).warnings.contains {
                $0.contains("STREAM_TOKEN_SECRET")
            }
        )
    }

    @Test("Supabase needs a key, takes the weaker one with a warning, and makes rejecting the default")
    func supabase() throws {
        let url = "https://x.supabase.co"
        #expect(RouterConfiguration.problems(["SUPABASE_URL": url]) == ["SUPABASE_SERVICE_ROLE_KEY"])
        let weak = try RouterConfiguration.read(["SUPABASE_URL": url, "NEXT_PUBLIC_SUPABASE_ANON_KEY": "a"])
        #expect(weak.supabase?.key == Secret("a"))
        #expect(weak.warnings.contains { $0.hasPrefix("NEXT_PUBLIC_SUPABASE_ANON_KEY is used") })
        #expect(!weak.inbound.acceptsUnknownCallers)
        let strong = try RouterConfiguration.read([
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
        guard
            case .twilio("AC1", Secret("t"), let api, "+15551230000") = try RouterConfiguration.read(environment)
                .carrier
        else {
            Issue.record("not Twilio")
            return
        }
        #expect(api.string == "https://api.twilio.com")
        environment["SIGNALWIRE_SPACE_URL"] = "x.signalwire.com"
        #expect(try RouterConfiguration.read(environment).carrier == nil)
        #expect(try RouterConfiguration.read(environment).warnings.contains { $0.contains("SIGNALWIRE_PROJECT_ID") })
        environment["SIGNALWIRE_PROJECT_ID"] = "p"
        environment["SIGNALWIRE_API_TOKEN"] = "t"
        environment["SIGNALWIRE_PHONE_NUMBER"] = "+15559990000"
        guard
            case .signalWire("p", Secret("t"), let space, "+15559990000") = try RouterConfiguration.read(environment)
                .carrier
        else {
            Issue.record("not SignalWire")
            return
        }
        #expect(space.string == "https://x.signalwire.com")
        environment["SIGNALWIRE_SPACE_URL"] = "http://127.0.0.1:9999"
        #expect(try RouterConfiguration.read(environment).carrier?.number == "+15559990000")
    }

    @Test("prices come from a file, whose every fault is named, and a limit that no price can reach is warned about")
    func prices() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/prices.json"
        let priced = #"{"voice_models": {"gpt-realtime-2.1": {"audio_output": 1}}}"#
        try priced.write(toFile: path, atomically: true, encoding: .utf8)
        let configuration = try RouterConfiguration.read(["PRICE_TABLE": path])
        #expect(configuration.prices.voiceModel("gpt-realtime-2.1")?.audioOutput == 1)
        #expect(configuration.warnings.isEmpty)
        try #"{"voice_models": 1, "carier": {}}"#.write(toFile: path, atomically: true, encoding: .utf8)
        do {
            _ = try RouterConfiguration.read(["PRICE_TABLE": path])
            Issue.record("a bad price table was taken")
        } catch {
            #expect(error.problems.map(\.variable.name) == ["PRICE_TABLE"])
            #expect(error.description.contains("voice_models must be an object"))
            #expect(error.description.contains("carier is no field"))
        }
        let limit = ["MAX_CALL_COST_USD": "1"]
        #expect(try RouterConfiguration.read(limit).warnings.isEmpty)
        let unpriced = try RouterConfiguration.read(limit.merging(["OPENAI_REALTIME_MODEL": "gpt-next"]) { $1 })
        #expect(unpriced.warnings.contains { $0.contains("PRICE_TABLE") })
    }

    @Test("what is built by now has its effect without a warning")
    func built() throws {
        let built = [
            "MAX_CALL_COST_USD": "1", "REDIS_URL": "redis://127.0.0.1", "STREAM_CODEC": "L16@16000h",
            "SUPABASE_URL": "https://x.supabase.co", "SUPABASE_SERVICE_ROLE_KEY": "k",
            "SENTRY_DSN": "https://k@o0.ingest.sentry.io/1",
        ]
        #expect(try RouterConfiguration.read(built).warnings.isEmpty)
        #expect(try RouterConfiguration.read(["SENTRY_DSN": "http://k@sentry.example/1"]).warnings.count == 1)
    }

    @Test("the name of the deployment is that of NODE_ENV, without what such a name may not have")
    func environmentName() throws {
        #expect(try RouterConfiguration.read([:]).environmentName == "production")
        #expect(try RouterConfiguration.read(["NODE_ENV": "staging-2"]).environmentName == "staging-2")
        #expect(try RouterConfiguration.read(["NODE_ENV": "my staging/1\n"]).environmentName == "mystaging1")
        #expect(try RouterConfiguration.read(["NODE_ENV": "///"]).environmentName == "production")
    }
}
