/// What one run found.
package struct LoadReport: Codable, Sendable, Equatable {
    /// One direction's books.
    package struct Direction: Codable, Sendable, Equatable {
        package var sent = 0
        package var lost = 0
        package var duplicated = 0
        package var reordered = 0

        package init(sent: Int = 0, lost: Int = 0, duplicated: Int = 0, reordered: Int = 0) {
            self.sent = sent
            self.lost = lost
            self.duplicated = duplicated
            self.reordered = reordered
        }

        /// Each frame came once and in order.
        package var isClean: Bool { self.lost + self.duplicated + self.reordered == 0 }
    }

    package var target: LoadTarget
    package var mode: LoadMode
    package var tls: Bool
    package var calls: Int
    /// Cores of the target.
    package var cores: Int
    package var recording = false
    /// Target and generator run on the same cores.
    package var sharesCores = false
    /// Length of the measured time.
    package var seconds = 0.0

    /// Caller to model.
    package var uplink = Direction()
    /// Model to caller; in mode `talk` only responses that were not interrupted count.
    package var downlink = Direction()

    // Latencies in milliseconds, from when a frame was due.

    /// Mode `echo`: caller's frame due to the same audio received.
    package var roundTrip: LatencySummary?
    /// Caller's frame due to received by the model.
    package var uplinkLatency: LatencySummary?
    /// Mode `echo`: model's frame sent to received by the carrier.
    package var downlinkLatency: LatencySummary?
    /// Mode `talk`: first audio of a response due to received by the carrier.
    package var firstAudio: LatencySummary?
    /// Mode `talk`: `speech_started` due to `clear` received.
    package var bargeIn: LatencySummary?
    /// How late the generator itself sent its frames: the run says little where its p99 is not small.
    package var generatorLateness: LatencySummary?

    /// Frames of an interrupted response that came after its `clear`.
    package var framesAfterClear = 0
    package var truncations = 0
    /// Relayed messages with audio, both directions.
    package var messages = 0
    package var marks = 0
    package var cpuMicrosecondsPerMessage = 0.0
    /// CPU time in milliseconds for a second of one call.
    package var cpuMillisecondsPerCallSecond = 0.0
    /// 100 is a whole core.
    package var cpuPercent = 0.0
    package var voluntarySwitchesPerMessage = 0.0
    package var involuntarySwitchesPerMessage = 0.0

    /// From the start of the process to the first 200 of `/ready`.
    package var readyMilliseconds = 0.0
    package var residentBytesBefore = 0
    package var residentBytesPerCall = 0
    package var privateBytesBefore = 0
    package var privateBytesPerCall = 0
    /// Descriptors of the target with all calls open.
    package var descriptors = 0
    package var threads = 0

    /// What the generator itself used of its core.
    package var generatorCPUPercent = 0.0
    /// Time that the machine's host took away, of all cores.
    package var stealPercent = 0.0
    /// Frames that were due in the measured time and could not be sent: the generator is too slow, or its core busy.
    package var unsentFrames = 0
    package var unstampedFrames = 0
    package var unexpectedMessages = 0
    package var brokenConnections: [String: Int] = [:]

    package init(target: LoadTarget, mode: LoadMode, tls: Bool, calls: Int, cores: Int) {
        self.target = target
        self.mode = mode
        self.tls = tls
        self.calls = calls
        self.cores = cores
    }

    /// All that was due was sent, and nothing of it lost, doubled, out of order or cut off.
    package var isClean: Bool {
        self.uplink.sent > 0 && self.unsentFrames == 0 && self.uplink.isClean && self.downlink.isClean
            && self.framesAfterClear == 0 && self.brokenConnections.isEmpty
    }

    /// The latency that decides: the round trip, or in `talk` the first audio, or in `silence` the way up.
    package var decidingLatency: LatencySummary? {
        switch self.mode {
        case .echo: self.roundTrip
        case .talk: self.firstAudio
        case .silence: self.uplinkLatency
        }
    }
}
