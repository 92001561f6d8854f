import LoadKit

/// What one run does.
struct LoadSettings {
    var target: LoadTarget
    var mode: LoadMode
    var calls: Int
    /// Length of the measured time.
    var seconds: Double
    /// Calls that are opened in a second.
    var callsPerSecond: Double
    var tls: Bool
    /// Cores of the target, from the first on.
    var cores: Int
    var recording: Bool
    /// More environment of the router.
    var environment: [String: String]
}
