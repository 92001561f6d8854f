/// What one run does.
struct LoadSettings {
    var mode: LoadMode
    var calls: Int
    /// Length of the measured time.
    var seconds: Int
    /// Calls that are opened in a second.
    var callsPerSecond: Int
    /// The cores of router and generator; nil leaves both to the system.
    var cores: (router: Int, generator: Int)?
}
