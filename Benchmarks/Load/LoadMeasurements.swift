import Histogram

/// What all calls of one run book together.
final class LoadMeasurements {
    /// Caller's frame sent to the same audio received, through carrier side, model and back.
    var roundTrip = LatencyHistogram()
    /// First audio of a response sent by the model to received by the carrier.
    var firstAudio = LatencyHistogram()
    /// `speech_started` sent by the model to `clear` received by the carrier.
    var bargeIn = LatencyHistogram()
    /// How late the generator itself sent a frame: it must be small, or the run measures the generator.
    var lateness = LatencyHistogram()
    /// Calls to which audio has come back.
    var establishedCount = 0
    /// Messages that a carrier or a model does not know.
    var unexpected = 0
    /// Frames of audio without a stamp.
    var unstamped = 0

    func reset() {
        self.roundTrip = LatencyHistogram()
        self.firstAudio = LatencyHistogram()
        self.bargeIn = LatencyHistogram()
        self.lateness = LatencyHistogram()
    }
}

/// Latencies with three significant digits, in microseconds up to a minute.
struct LatencyHistogram {
    private var histogram = Histogram<UInt32>(highestTrackableValue: 60_000_000)

    mutating func add(_ nanoseconds: UInt64) { self.histogram.record(min(nanoseconds / 1_000, 60_000_000)) }

    /// The percentiles in milliseconds; nil where nothing was measured.
    var summary: LatencySummary? {
        guard self.histogram.totalCount > 0 else { return nil }
        func milliseconds(_ value: UInt64) -> Double { Double(value) / 1_000 }
        return LatencySummary(
            count: Int(self.histogram.totalCount),
            p50: milliseconds(self.histogram.valueAtPercentile(50)),
            p90: milliseconds(self.histogram.valueAtPercentile(90)),
            p99: milliseconds(self.histogram.valueAtPercentile(99)),
            max: milliseconds(self.histogram.max)
        )
    }
}

/// A latency as it is reported, in milliseconds.
struct LatencySummary: Encodable {
    let count: Int
    let p50: Double
    let p90: Double
    let p99: Double
    let max: Double
}
