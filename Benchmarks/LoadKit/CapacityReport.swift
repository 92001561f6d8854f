/// The most calls that were carried in one case of `ramp`.
package struct CapacityReport: Codable, Sendable, Equatable {
    package var target: LoadTarget
    package var mode: LoadMode
    package var tls: Bool
    package var cores: Int
    /// Carried in two runs.
    package var calls: Int
    /// The later of those runs; nil where nothing was carried.
    package var run: LoadReport?

    package init(target: LoadTarget, mode: LoadMode, tls: Bool, cores: Int, calls: Int, run: LoadReport?) {
        self.target = target
        self.mode = mode
        self.tls = tls
        self.cores = cores
        self.calls = calls
        self.run = run
    }
}
