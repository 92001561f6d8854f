import ArgumentParser
import LoadKit

/// What the commands that play calls share.
struct LoadOptions: ParsableArguments {
    @Option(help: "Length of the measured time.")
    var seconds = 10.0

    @Option(help: "Calls opened in a second.")
    var callsPerSecond = 50.0

    @Option(help: "Cores of the router, from the first on; the generator gets the rest, or shares where there is none.")
    var cores = 1

    @Flag(help: "The router records each call.")
    var recording = false

    @Option(name: .customLong("env"), help: "NAME=VALUE for the router; may be given again and again.")
    var environment: [String] = []

    func validate() throws {
        guard self.seconds > 0, self.callsPerSecond > 0 else {
            throw ValidationError("--seconds and --calls-per-second must be above 0.")
        }
        guard (1...Cores.count).contains(self.cores) else {
            throw ValidationError("--cores takes 1 to \(Cores.count) on this machine.")
        }
        guard self.environment.allSatisfy({ $0.contains("=") }) else {
            throw ValidationError("--env takes NAME=VALUE.")
        }
    }

    func settings(target: LoadTarget, mode: LoadMode, tls: Bool, calls: Int) -> LoadSettings {
        let pairs = self.environment.map { text in
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), String(parts[1]))
        }
        return LoadSettings(
            target: target,
            mode: mode,
            calls: calls,
            seconds: self.seconds,
            callsPerSecond: self.callsPerSecond,
            tls: tls,
            cores: self.cores,
            recording: self.recording && target == .router,
            environment: target == .router ? Dictionary(pairs) { _, last in last } : [:]
        )
    }
}
