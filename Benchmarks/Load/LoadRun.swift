import CLoad
import Glibc
import LoadKit

/// One run: starts the target, opens the calls, measures, closes them and counts.
enum LoadRun {
    /// Time between the last call's first audio and the start of the measured time.
    private static let settling = 2.0
    /// How long all calls together may take to come up, beyond their pace.
    private static let patience = 20.0

    /// - Returns: What was found.
    /// - Throws: ``LoadError`` where the target or the calls did not come up.
    static func run(_ settings: LoadSettings) throws -> LoadReport {
        let generator = try Generator(
            cload_settings(
                mode: settings.mode.code,
                steady: UInt32(settings.calls),
                opening_rate: settings.callsPerSecond,
                passing: 0,
                passing_rate: 0,
                passing_frames: 0,
                passing_total: 0,
                tls: settings.tls
            )
        )
        let child = try TargetChild(settings, modelPort: generator.modelPort, claudePort: generator.claudePort)
        defer { child.stop() }
        generator.setTarget(port: child.port)
        let sharesCores = Cores.pinGenerator(targetCores: settings.cores)

        let before = child.sample
        let pace = Double(settings.calls) / settings.callsPerSecond
        try generator.play(seconds: pace + Self.patience, until: .established)
        guard generator.counts.established == settings.calls else {
            throw Self.notEstablished(generator, child, wanted: settings.calls)
        }
        try generator.play(seconds: Self.settling)

        generator.beginWindow()
        let first = Moment(child, generator)
        try generator.play(seconds: settings.seconds)
        let last = Moment(child, generator)
        generator.endWindow()
        guard last.target != nil else { throw LoadError.ended(name: settings.target.rawValue, log: child.logTail) }
        let broken = generator.brokenConnections

        // What is still on its way arrives, and the last answer of mode `talk` is spoken to its end.
        generator.stopSending()
        try generator.play(seconds: settings.mode == .talk ? 4 : 2)

        var report = LoadReport(
            target: settings.target,
            mode: settings.mode,
            tls: settings.tls,
            calls: settings.calls,
            cores: settings.cores
        )
        report.recording = settings.recording
        report.sharesCores = sharesCores
        report.readyMilliseconds = child.readyMilliseconds
        report.brokenConnections = broken
        report.unsentFrames = generator.unsentFrames
        Self.fill(&report, from: generator)
        Self.fill(&report, before: before, first: first, last: last)
        generator.hangUp()
        try generator.play(seconds: 0.5)
        return report
    }

    private static func fill(_ report: inout LoadReport, from generator: Generator) {
        (report.uplink, report.downlink) = generator.directions
        report.roundTrip = generator.summary(CLOAD_ROUND_TRIP)
        report.uplinkLatency = generator.summary(CLOAD_UPLINK)
        report.downlinkLatency = generator.summary(CLOAD_DOWNLINK)
        report.firstAudio = generator.summary(CLOAD_FIRST_AUDIO)
        report.bargeIn = generator.summary(CLOAD_BARGE_IN)
        report.generatorLateness = generator.summary(CLOAD_LATENESS)
        let counts = generator.counts
        report.framesAfterClear = Int(counts.frames_after_clear)
        report.truncations = Int(counts.truncations)
        report.unstampedFrames = Int(counts.unstamped)
        report.unexpectedMessages = Int(counts.unexpected)
        report.marks = Int(counts.marks)
    }

    private static func fill(_ report: inout LoadReport, before: ProcessSample?, first: Moment, last: Moment) {
        guard let before, let began = first.target, let ended = last.target else { return }
        let seconds = Double(last.time - first.time) / 1e9
        let messages = max(1, last.messages - first.messages)
        let nanoseconds = Double(ended.cpuNanoseconds - began.cpuNanoseconds)
        report.seconds = seconds
        report.messages = messages
        report.cpuMicrosecondsPerMessage = nanoseconds / 1_000 / Double(messages)
        report.cpuMillisecondsPerCallSecond = nanoseconds / 1e6 / seconds / Double(report.calls)
        report.cpuPercent = nanoseconds / 1e7 / seconds
        report.voluntarySwitchesPerMessage =
            Double(ended.voluntarySwitches - began.voluntarySwitches) / Double(messages)
        report.involuntarySwitchesPerMessage =
            Double(ended.involuntarySwitches - began.involuntarySwitches) / Double(messages)
        report.residentBytesBefore = before.residentBytes
        report.residentBytesPerCall = (ended.residentBytes - before.residentBytes) / report.calls
        report.privateBytesBefore = before.privateBytes
        report.privateBytesPerCall = (ended.privateBytes - before.privateBytes) / report.calls
        report.descriptors = ended.descriptors
        report.threads = ended.threads
        if let ownBegan = first.own, let ownEnded = last.own {
            report.generatorCPUPercent = Double(ownEnded.cpuNanoseconds - ownBegan.cpuNanoseconds) / 1e7 / seconds
        }
        report.stealPercent = first.machine.stealPercent(until: last.machine)
    }

    private static func notEstablished(_ generator: Generator, _ child: TargetChild, wanted: Int) -> LoadError {
        let reason = generator.brokenConnections.max { $0.value < $1.value }?.key ?? "no audio came back"
        return .callsNotEstablished(
            ready: Int(generator.counts.established),
            wanted: wanted,
            reason: reason,
            log: child.logTail
        )
    }

    /// All that is read at the beginning and at the end of the measured time.
    private struct Moment {
        let time: UInt64
        let target: ProcessSample?
        let own: ProcessSample?
        let machine: MachineSample
        let messages: Int

        init(_ child: TargetChild, _ generator: Generator) {
            self.target = child.sample
            self.own = ProcessSample(pid: getpid())
            self.machine = MachineSample()
            self.messages = Int(generator.counts.messages)
            self.time = MonotonicTime.now
        }
    }
}
