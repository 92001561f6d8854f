import Foundation
import Testing

@testable import CallRouter

@Suite("What a check finds, by value")
struct CheckValueTests {
    private func configuration(_ environment: [String: String] = [:]) throws -> RouterConfiguration {
        try RouterFixture.configuration(environment)
    }

    // MARK: - The machine

    @Test("little space on the disk of DATA_DIR is a warning")
    func disk() throws {
        let check = MachineCheck(configuration: try self.configuration(["DATA_DIR": "/somewhere"]))
        #expect(check.disk(free: MachineCheck.littleSpace).grade == .ok)
        let low = check.disk(free: MachineCheck.littleSpace - 1)
        #expect(low.grade == .warning && low.detail.contains("1023 MiB free for /somewhere"))
        #expect(check.disk(free: nil).grade == .warning)
    }

    @Test("a limit of open files below what MAX_CALLS needs is a warning, and a recording needs one more")
    func descriptors() throws {
        let check = MachineCheck(configuration: try self.configuration(["MAX_CALLS": "100"]))
        #expect(check.descriptors(allowed: 456).grade == .ok)
        #expect(check.descriptors(allowed: 455).grade == .warning)
        #expect(check.descriptors(allowed: 455).detail.contains("ulimit -n"))
        let recording = ["MAX_CALLS": "100", "ENABLE_RECORDING": "true"]
        #expect(
            MachineCheck(configuration: try self.configuration(recording)).descriptors(allowed: 555).grade == .warning
        )
        #expect(check.descriptors(allowed: nil).grade == .warning)
        let many = MachineCheck(configuration: try self.configuration(["MAX_CALLS": "1000000"]))
        #expect(many.findings().contains { $0.subject == "file descriptors" && $0.grade == .warning })
    }

    // MARK: - The clock

    @Test("a clock that is off by more than the answers leave open is told, ahead or behind")
    func clock() {
        let now = Date(timeIntervalSince1970: 1_790_000_000)
        func reading(_ offset: Double, took: Double = 0.1) -> ClockReading {
            let told = Date(timeIntervalSince1970: (now.timeIntervalSince1970 - offset).rounded(.down))
            return ClockReading(asked: now, answered: now.addingTimeInterval(took), told: told)
        }
        #expect(ClockReading.lead(of: []) == nil)
        #expect(ClockReading.lead(of: [reading(0)]) == 0)
        #expect(ClockReading.lead(of: [reading(5)]) == 0)
        #expect(ClockReading.lead(of: [reading(-5)]) == 0)
        #expect(ClockReading.lead(of: [reading(60)]).map { abs($0 - 60) <= 1 } == true)
        #expect(ClockReading.lead(of: [reading(-3600)]).map { abs($0 + 3600) <= 1 } == true)
        #expect(ClockReading.lead(of: [reading(-8, took: 9)]) == 0, "a slow answer leaves much open")
        #expect(ClockReading.lead(of: [reading(0), reading(900), reading(0)]) == 0, "one wrong clock says nothing")
    }

    @Test("whatever both clocks and the network do, a clock that is right is never called wrong")
    func clockProperty() {
        var random = SeededGenerator(seed: 21)
        for _ in 0..<2_000 {
            let readings = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let asked = Double.random(in: 1e9...2e9, using: &random)
                let took = Double.random(in: 0...20, using: &random)
                let there = asked + Double.random(in: 0...took, using: &random)
                return ClockReading(
                    asked: Date(timeIntervalSince1970: asked),
                    answered: Date(timeIntervalSince1970: asked + took),
                    told: Date(timeIntervalSince1970: there.rounded(.down))
                )
            }
            #expect(ClockReading.lead(of: readings) == 0)
        }
    }

    // MARK: - Keys

    @Test("a signing key that cannot be right is told, with where the right one is")
    func signalWireKey() throws {
        let account = [
            "SIGNALWIRE_SPACE_URL": "x.signalwire.com", "SIGNALWIRE_PROJECT_ID": "p",
            "SIGNALWIRE_API_TOKEN": "PTsecret",
            "SIGNALWIRE_PHONE_NUMBER": "+15551230000",
        ]
        func finding(_ key: String, _ others: [String: String] = [:]) throws -> Finding? {
            SigningKeyCheck.finding(
                try self.configuration(others.merging(["SIGNALWIRE_SIGNING_KEY": key]) { $1 })
            )
        }
        #expect(try finding("PSK_abc", account)?.grade == .ok)
        #expect(try finding("PTsecret", account)?.grade == .failed)
        #expect(try finding("PTother", account)?.grade == .warning)
        #expect(try finding("something", account)?.grade == .warning)
        #expect(try finding("PSK_abc")?.grade == .ok)
        #expect(try finding("PTsecret")?.grade == .warning)
        #expect(try finding("0123456789abcdef0123456789abcdef")?.grade == .ok, "it may be Twilio's")
        for key in ["PTsecret", "PTother", "something"] {
            let line = try finding(key, account)?.line ?? ""
            #expect(line.contains("PSK_") && !line.contains("secret") && !line.contains("something"))
        }
        #expect(SigningKeyCheck.finding(try self.configuration()) == nil)
    }

    @Test("with Twilio the auth token is the key, and another one is told")
    func twilioKey() throws {
        let token = "0123456789abcdef0123456789abcdef"
        let account = [
            "TWILIO_ACCOUNT_SID": "AC1", "TWILIO_AUTH_TOKEN": token, "TWILIO_PHONE_NUMBER": "+15551230000",
        ]
        func grade(_ others: [String: String]) throws -> Finding.Grade? {
            SigningKeyCheck.finding(try self.configuration(account.merging(others) { $1 }))?.grade
        }
        #expect(try grade([:]) == .ok)
        #expect(try grade(["SIGNALWIRE_SIGNING_KEY": "PSK_abc"]) == .warning)
        #expect(try grade(["TWILIO_AUTH_TOKEN": "short"]) == .warning)
    }

    // MARK: - Models

    @Test("models that are gone fail, those that will be are a warning with their day, and say what to use")
    func models() throws {
        let before = try #require(RFC3339.date("2026-11-23T00:00:00Z"))
        let after = try #require(RFC3339.date("2027-03-01T00:00:00Z"))
        func grades(_ environment: [String: String], _ now: Date) throws -> [Finding.Grade] {
            ModelNames.findings(try self.configuration(environment), now: now).map(\.grade)
        }
        #expect(try grades([:], after) == [])
        for model in ["gpt-4o-realtime-preview", "gpt-4o-realtime-preview-2024-12-17", "gpt-4o-mini-realtime-preview"] {
            #expect(try grades(["OPENAI_REALTIME_MODEL": model], before) == [.failed])
        }
        for model in ["gpt-realtime", "gpt-realtime-mini", "gpt-realtime-2025-08-28"] {
            #expect(try grades(["OPENAI_REALTIME_MODEL": model], before) == [.warning])
            #expect(try grades(["OPENAI_REALTIME_MODEL": model], after) == [.failed])
        }
        for model in ["gpt-realtime-2.1-mini", "gpt-realtime-2", "gpt-realtime-3"] {
            #expect(try grades(["OPENAI_REALTIME_MODEL": model], after) == [])
        }
        #expect(try grades(["OPENAI_REALTIME_MODEL": "gpt-live-1"], before) == [.failed])
        #expect(try grades(["OPENAI_REALTIME_MODEL": "gpt-5"], before) == [.warning])
        for model in ["whisper-1", "gpt-4o-transcribe", "gpt-4o-mini-transcribe", "gpt-4o-transcribe-diarize"] {
            #expect(try grades(["OPENAI_TRANSCRIPTION_MODEL": model], before) == [.warning])
            #expect(try grades(["OPENAI_TRANSCRIPTION_MODEL": model], after) == [.failed])
        }
        #expect(try grades(["OPENAI_TRANSCRIPTION_MODEL": "gpt-live-transcribe"], after) == [])
        #expect(try grades(["ANTHROPIC_MODEL": "claude-sonnet-4-5-20250929"], before) == [.warning])
        #expect(try grades(["ANTHROPIC_MODEL": "claude-sonnet-4-5-20250929"], after) == [.failed])
        #expect(try grades(["ANTHROPIC_REASONING_MODEL": "claude-3-5-sonnet-latest"], before) == [.failed])
        #expect(try grades(["ANTHROPIC_REASONING_MODEL": "gpt-5"], before) == [.warning])
        let finding = ModelNames.findings(
            try self.configuration(["OPENAI_REALTIME_MODEL": "gpt-realtime"]),
            now: before
        )
        #expect(finding.first?.subject == "OPENAI_REALTIME_MODEL")
        #expect(
            finding.first?.detail == "gpt-realtime will be shut down on 2027-01-20. Set it to gpt-realtime-2.1 before."
        )
    }

    @Test("what Anthropic's API says of a model is told")
    func lifecycle() {
        #expect(ModelNames.finding(model: "m", lifecycle: "active", retiresAt: nil) == nil)
        #expect(ModelNames.finding(model: "m", lifecycle: nil, retiresAt: nil) == nil)
        let deprecated = ModelNames.finding(model: "m", lifecycle: "deprecated", retiresAt: "2027-02-01T00:00:00Z")
        #expect(deprecated?.grade == .warning && deprecated?.detail.contains("on 2027-02-01.") == true)
        #expect(ModelNames.finding(model: "m", lifecycle: "retired", retiresAt: nil)?.grade == .failed)
    }

    // MARK: - Platforms

    private static let fly = ["FLY_APP_NAME": "a", "FLY_MACHINE_ID": "m"]
    private static let railway = ["RAILWAY_SERVICE_ID": "s"]
    private static let kubernetes = ["KUBERNETES_SERVICE_HOST": "10.0.0.1"]

    /// The warning of the configuration about the drain, then the findings of the check.
    private func drain(_ environment: [String: String]...) throws -> (warnings: [String], findings: [Finding]) {
        let all = environment.reduce(into: [:]) { $0.merge($1) { $1 } }
        let configuration = try self.configuration(all)
        return (configuration.warnings, DrainCheck(configuration: configuration).findings())
    }

    @Test("a drain that the platform would cut off is a warning at every start, with what fits")
    func shortStop() throws {
        let fly = try self.drain(Self.fly)
        #expect(fly.warnings.count == 1)
        #expect(fly.warnings.first?.contains("Set DRAIN_SECONDS to 290 and MAX_CALL_SECONDS to 280 at most") == true)
        #expect(fly.findings.isEmpty, "it is said once")
        let lied = try self.drain(Self.fly, ["PLATFORM_STOP_SECONDS": "600"])
        #expect(lied.warnings.first?.contains("its maximum") == true)
        let railway = try self.drain(Self.railway, ["RAILWAY_DEPLOYMENT_DRAINING_SECONDS": "60"])
        #expect(railway.warnings.first?.contains("RAILWAY_DEPLOYMENT_DRAINING_SECONDS") == true)
        let pod = try self.drain(Self.kubernetes, ["PLATFORM_STOP_SECONDS": "339"])
        #expect(pod.warnings.first?.contains("terminationGracePeriodSeconds") == true)
        let plain = try self.drain(["PLATFORM_STOP_SECONDS": "5"])
        #expect(plain.warnings.first?.contains("DRAIN_SECONDS to 0 and MAX_CALL_SECONDS to 1 at most") == true)
    }

    @Test("a drain that fits is told so, and one that cannot be compared how to")
    func fittingStop() throws {
        let limits = ["DRAIN_SECONDS": "285", "MAX_CALL_SECONDS": "240"]
        let fly = try self.drain(Self.fly, limits, ["PLATFORM_STOP_SECONDS": "300"])
        #expect(fly.warnings.isEmpty && fly.findings.map(\.grade) == [.ok])
        #expect(
            fly.findings.first?.detail
                == "Fly.io waits 300 s after SIGTERM, and DRAIN_SECONDS with the last writes takes 295 s"
        )
        for platform in [Self.fly.merging(limits) { $1 }, Self.railway, Self.kubernetes] {
            let unknown = try self.drain(platform)
            #expect(unknown.warnings.isEmpty && unknown.findings.map(\.grade) == [.warning])
            #expect(unknown.findings.first?.detail.contains("PLATFORM_STOP_SECONDS") == true)
        }
        #expect(try self.drain().findings.map(\.grade) == [.ok])
        #expect(try self.drain(Self.kubernetes, ["PLATFORM_STOP_SECONDS": "340"]).findings.map(\.grade) == [.ok])
        for nonsense in ["soon", "-1", "1e9", "nan"] {
            let ignored = try self.drain(Self.railway, ["RAILWAY_DEPLOYMENT_DRAINING_SECONDS": nonsense])
            #expect(ignored.warnings.isEmpty && ignored.findings.map(\.grade) == [.warning])
        }
    }

    @Test("a call that would not end within a drain is a warning")
    func longCall() throws {
        let long = try self.drain(["MAX_CALL_SECONDS": "321"])
        #expect(long.findings.first?.grade == .warning)
        #expect(long.findings.first?.detail.contains("MAX_CALL_SECONDS=321") == true)
        #expect(try self.drain(["MAX_CALL_SECONDS": "320"]).findings.map(\.grade) == [.ok])
    }
}
