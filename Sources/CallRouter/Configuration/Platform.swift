/// Who runs this process, as far as its environment tells, and how long it waits before it kills.
package struct Platform: Sendable, Equatable {
    /// What is recognised by the variables that it sets.
    package enum Kind: String, Sendable, Equatable {
        case fly = "Fly.io"
        case railway = "Railway"
        case kubernetes = "Kubernetes"
        case other = "this platform"
    }

    /// After the deadline of a drain: the last writes.
    static let lastWrites = Duration.seconds(10)
    /// After the longest time of a call: its goodbye.
    static let goodbye = Duration.seconds(10)
    /// Fly.io does not wait longer, whatever `kill_timeout` says.
    static let flyLimit = Duration.seconds(300)

    package let kind: Kind
    /// From SIGTERM to SIGKILL; nil where nothing tells it.
    package let stopTime: Duration?
    /// The variable that tells it; nil where it is a limit of the platform.
    package let stopVariable: String?

    /// Reads the variables that platforms set, and ``ConfigurationVariable/platformStop``; what makes no sense is ignored.
    package init(environment: [String: String]) {
        func isSet(_ name: String) -> Bool { environment[name]?.isEmpty == false }
        if isSet("FLY_APP_NAME") || isSet("FLY_MACHINE_ID") {
            self.kind = .fly
        } else if isSet("RAILWAY_SERVICE_ID") || isSet("RAILWAY_ENVIRONMENT_ID") || isSet("RAILWAY_PROJECT_ID") {
            self.kind = .railway
        } else if isSet("KUBERNETES_SERVICE_HOST") {
            self.kind = .kubernetes
        } else {
            self.kind = .other
        }
        let variable = ConfigurationVariable.platformStop
        let told = ([variable.name] + variable.aliases).lazy.compactMap { name -> (Duration, String)? in
            // A number of seconds, as all of them write it; the platform's own words must not stop a start.
            guard let seconds = environment[name].flatMap(Double.init), (0...86_400).contains(seconds) else {
                return nil
            }
            return (.seconds(seconds), name)
        }.first
        if self.kind == .fly, (told?.0 ?? .zero) > Self.flyLimit {
            (self.stopTime, self.stopVariable) = (Self.flyLimit, nil)
        } else {
            (self.stopTime, self.stopVariable) = (told?.0, told?.1)
        }
    }

    /// The longest that the platform can wait: what it is told to, else its own limit; nil where it has none.
    var longestStop: Duration? { self.stopTime ?? (self.kind == .fly ? Self.flyLimit : nil) }

    /// A drain that the platform would cut off; nil where it fits, or where nothing is known.
    func drainWarning(_ limits: RouterConfiguration.Limits) -> String? {
        guard let stop = self.longestStop, limits.drainTime + Self.lastWrites > stop else { return nil }
        let drain = Self.seconds(limits.drainTime)
        // The most that fits: a drain, and in it a call with its goodbye.
        let fitting = max(.zero, stop - Self.lastWrites)
        let advice =
            "Set DRAIN_SECONDS to \(Self.seconds(fitting)) and MAX_CALL_SECONDS to "
            + "\(Self.seconds(max(.seconds(1), fitting - Self.goodbye))) at most"
        return "\(self.kind.rawValue) kills the process \(Self.seconds(stop)) s after SIGTERM"
            + (self.stopVariable.map { " (\($0))" } ?? ", its maximum")
            + ", and DRAIN_SECONDS=\(drain) and the last writes (\(Self.seconds(Self.lastWrites)) s) take longer: calls "
            + "would be cut off. \(advice)\(self.remedy)."
    }

    private var remedy: String {
        switch self.kind {
        case .fly: self.longestStop == Self.flyLimit ? "" : ", or raise kill_timeout in fly.toml (300 at most)"
        case .railway: ", or raise drainingSeconds"
        case .kubernetes: ", or raise terminationGracePeriodSeconds"
        case .other: ", or raise the platform's time (TimeoutStopSec in systemd, --stop-timeout of Docker)"
        }
    }

    static func seconds(_ duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        return seconds == seconds.rounded() ? String(Int(seconds)) : String(seconds)
    }
}
