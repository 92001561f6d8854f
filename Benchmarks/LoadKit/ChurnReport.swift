/// What many short calls left behind.
package struct ChurnReport: Codable, Sendable, Equatable {
    /// What the router used at one moment.
    package struct Sample: Codable, Sendable, Equatable {
        /// Calls that had ended by then.
        package var calls: Int
        package var seconds: Double
        package var residentBytes: Int
        package var proportionalBytes: Int
        package var privateBytes: Int
        package var descriptors: Int
        package var threads: Int

        package init(
            calls: Int,
            seconds: Double,
            residentBytes: Int,
            proportionalBytes: Int,
            privateBytes: Int,
            descriptors: Int,
            threads: Int
        ) {
            self.calls = calls
            self.seconds = seconds
            self.residentBytes = residentBytes
            self.proportionalBytes = proportionalBytes
            self.privateBytes = privateBytes
            self.descriptors = descriptors
            self.threads = threads
        }
    }

    /// The calls after which the first sample for comparison is taken.
    package static let warmUp = 10_000

    package var total: Int
    package var rate: Double
    package var callSeconds: Double
    package var backgroundCalls: Int
    package var failed = 0
    /// Calls that began more than 20 ms late: all places were taken, or the generator was busy.
    package var late = 0
    package var uplink = LoadReport.Direction()
    package var brokenConnections: [String: Int] = [:]
    /// Start of a short call to its first audio back, milliseconds.
    package var setUp: LatencySummary?
    /// The long calls' relay latencies while the short ones come and go, milliseconds.
    package var backgroundUplink: LatencySummary?
    package var backgroundDownlink: LatencySummary?
    package var backgroundUp = LoadReport.Direction()
    package var backgroundDown = LoadReport.Direction()
    package var generatorLateness: LatencySummary?
    package var stealPercent = 0.0
    package var cpuPercent = 0.0
    package var samples: [Sample] = []

    package init(total: Int, rate: Double, callSeconds: Double, backgroundCalls: Int) {
        self.total = total
        self.rate = rate
        self.callSeconds = callSeconds
        self.backgroundCalls = backgroundCalls
    }

    /// The first sample at or after the warm-up: 10,000 calls, or a tenth of fewer.
    package var reference: Sample? {
        let calls = min(Self.warmUp, self.total / 10)
        return self.samples.first { $0.calls >= calls && $0.calls > 0 }
    }

    /// Resident memory at the end against the reference, in percent; nil without two samples.
    package var growthPercent: Double? {
        guard let reference = self.reference, let last = self.samples.last, last.calls > reference.calls,
            reference.residentBytes > 0
        else { return nil }
        return Double(last.residentBytes - reference.residentBytes) / Double(reference.residentBytes) * 100
    }

    /// Every call came up, lost nothing, and nothing broke.
    package var isClean: Bool {
        self.failed == 0 && self.uplink.isClean && self.backgroundUp.isClean && self.backgroundDown.isClean
            && self.brokenConnections.isEmpty
    }

    /// The memory stays within 5 %.
    package var isFlat: Bool { self.growthPercent.map { $0 <= 5 } ?? true }
}
