/// What one run found.
struct LoadReport: Encodable {
    struct Direction: Encodable {
        let sent: Int
        let lost: Int
        let duplicated: Int
        let reordered: Int
    }

    let mode: LoadMode
    let calls: Int
    let seconds: Double
    /// Caller to model.
    let uplink: Direction
    /// Model to caller.
    ///
    /// In mode `talk` only responses that were not interrupted count.
    let downlink: Direction
    /// Mode `echo`, milliseconds.
    let roundTrip: LatencySummary?
    /// Mode `talk`, milliseconds.
    let firstAudio: LatencySummary?
    /// Mode `talk`, milliseconds.
    let bargeIn: LatencySummary?
    /// Frames of an interrupted response that came after its `clear`.
    let framesAfterClear: Int
    let truncations: Int
    /// Relayed messages, both directions.
    let messages: Int
    let cpuMicrosecondsPerMessage: Double
    /// CPU time of the router in milliseconds for a second of one call.
    let cpuMillisecondsPerCallSecond: Double
    /// 100 is a whole core.
    let cpuPercent: Double
    let voluntarySwitchesPerMessage: Double
    let residentBytesBefore: Int
    let residentBytesPerCall: Int
    /// How late the generator sent its frames, milliseconds: the run says little where its p99 is not small.
    let generatorLateness: LatencySummary?
    /// What the generator itself used of its core.
    let generatorCPUPercent: Double
    let unstampedFrames: Int
    let unexpectedMessages: Int
    let brokenConnections: [String: Int]

    /// Nothing was lost, doubled, out of order or cut off.
    var isClean: Bool {
        [self.uplink, self.downlink].allSatisfy { $0.lost + $0.duplicated + $0.reordered == 0 }
            && self.framesAfterClear == 0 && self.brokenConnections.isEmpty
    }
}
