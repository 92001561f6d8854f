/// Compares what a drain takes with what the platform allows; too short a time is a warning of the configuration.
struct DrainCheck: Sendable {
    private static let subject = "drain"

    let configuration: RouterConfiguration

    func findings() -> [Finding] {
        let limits = self.configuration.limits
        var findings: [Finding] = []
        if limits.callTime + Platform.goodbye > limits.drainTime {
            findings.append(
                .warning(
                    Self.subject,
                    "a call that begins just before a drain may take MAX_CALL_SECONDS=\(Platform.seconds(limits.callTime)) "
                        + "and \(Platform.seconds(Platform.goodbye)) s for the goodbye, and DRAIN_SECONDS="
                        + "\(Platform.seconds(limits.drainTime)) ends it before. Raise DRAIN_SECONDS, or lower MAX_CALL_SECONDS."
                )
            )
        }
        if let finding = self.platformFinding(limits) { findings.append(finding) }
        return findings
    }

    private func platformFinding(_ limits: RouterConfiguration.Limits) -> Finding? {
        let platform = self.configuration.platform
        // The configuration's own warning has said it.
        guard platform.drainWarning(limits) == nil else { return nil }
        let needed = Platform.seconds(limits.drainTime + Platform.lastWrites)
        if let stop = platform.stopTime {
            let text = "\(platform.kind.rawValue) waits \(Platform.seconds(stop)) s after SIGTERM"
            return .ok(Self.subject, "\(text), and DRAIN_SECONDS with the last writes takes \(needed) s")
        }
        let place: String
        switch platform.kind {
        case .fly: place = "kill_timeout of fly.toml (5 s unless it is set)"
        case .railway: place = "drainingSeconds of railway.json (0 s unless it is set)"
        case .kubernetes: place = "terminationGracePeriodSeconds less preStop (30 s unless it is set)"
        case .other:
            return .ok(Self.subject, "whoever stops the process must wait \(needed) s after SIGTERM before it kills")
        }
        return .warning(
            Self.subject,
            "\(platform.kind.rawValue) does not show how long it waits after SIGTERM, and \(needed) s are needed. See to "
                + "\(place), and set PLATFORM_STOP_SECONDS to the same to have it compared."
        )
    }
}
