import CLoad
import Foundation
import LoadKit

/// Short calls that come and go at a rate, beside long ones if wanted.
struct ChurnRun {
    var settings: LoadSettings
    var total: Int
    var rate: Double
    var callSeconds: Double
    /// Short calls at a time, at most.
    var places: Int
    var samples: Int

    /// Plays all calls.
    ///
    /// - Parameter tell: Given each sample as it is taken.
    /// - Returns: What was found.
    /// - Throws: ``LoadError`` where the router or the long calls did not come up, or where no call has ended for 20 s.
    func run(_ tell: (ChurnReport.Sample) -> Void) throws -> ChurnReport {
        let generator = try Generator(
            cload_settings(
                mode: self.settings.mode.code,
                steady: UInt32(self.settings.calls),
                opening_rate: self.settings.callsPerSecond,
                passing: UInt32(self.places),
                passing_rate: self.rate,
                passing_frames: UInt32((self.callSeconds * 50).rounded()),
                passing_total: UInt64(self.total),
                tls: self.settings.tls
            )
        )
        var childSettings = self.settings
        childSettings.calls += self.places
        let child = try TargetChild(childSettings, modelPort: generator.modelPort, claudePort: generator.claudePort)
        defer { child.stop() }
        generator.setTarget(port: child.port)
        _ = Cores.pinGenerator(targetCores: self.settings.cores)

        var report = ChurnReport(
            total: self.total,
            rate: self.rate,
            callSeconds: self.callSeconds,
            backgroundCalls: self.settings.calls
        )
        let machine = MachineSample()
        let began = MonotonicTime.now
        let first = child.sample
        func take() {
            guard let sample = Self.sample(child, generator, since: began) else { return }
            report.samples.append(sample)
            tell(sample)
        }
        take()
        try self.establish(generator, child)
        generator.beginWindow()
        try self.pass(generator, child, take)
        generator.endWindow()
        guard let last = child.sample else {
            throw LoadError.ended(name: self.settings.target.rawValue, log: child.logTail)
        }
        let elapsed = Double(MonotonicTime.now - began) / 1e9
        report.brokenConnections = generator.brokenConnections
        report.stealPercent = machine.stealPercent(until: MachineSample())
        report.cpuPercent = Double(last.cpuNanoseconds - (first?.cpuNanoseconds ?? 0)) / 1e7 / elapsed
        generator.stopSending()
        try generator.play(seconds: 2)
        self.fill(&report, from: generator)
        generator.hangUp()
        // What is done after a call gets its time: records, summaries, the journal.
        try generator.play(seconds: 5)
        take()
        return report
    }

    private func establish(_ generator: Generator, _ child: TargetChild) throws {
        guard self.settings.calls > 0 else { return }
        // Short calls begin once all long ones are there.
        try generator.play(
            seconds: Double(self.settings.calls) / self.settings.callsPerSecond + 20,
            until: .established
        )
        guard generator.counts.established == self.settings.calls else {
            throw LoadError.callsNotEstablished(
                ready: Int(generator.counts.established),
                wanted: self.settings.calls,
                reason: generator.brokenConnections.max { $0.value < $1.value }?.key ?? "no audio came back",
                log: child.logTail
            )
        }
    }

    private func pass(_ generator: Generator, _ child: TargetChild, _ take: () -> Void) throws {
        let interval = max(1, self.total / self.samples)
        var next = interval
        var ended = 0
        var lastProgress = MonotonicTime.now
        while ended < self.total {
            try generator.play(seconds: 0.25, until: .passed)
            let now = Int(generator.counts.passing_ended)
            if now > ended { lastProgress = MonotonicTime.now }
            ended = now
            if ended >= next {
                take()
                next += interval
            }
            guard MonotonicTime.now - lastProgress < 20_000_000_000 else {
                throw LoadError.callsNotEstablished(
                    ready: ended,
                    wanted: self.total,
                    reason: generator.brokenConnections.max { $0.value < $1.value }?.key
                        ?? "no call has ended for 20 s",
                    log: child.logTail
                )
            }
        }
    }

    private func fill(_ report: inout ChurnReport, from generator: Generator) {
        let counts = generator.counts
        report.failed = Int(counts.passing_failed)
        report.late = Int(counts.passing_late)
        report.uplink = generator.passing.up
        report.setUp = generator.summary(CLOAD_SET_UP)
        report.generatorLateness = generator.summary(CLOAD_LATENESS)
        guard self.settings.calls > 0 else { return }
        (report.backgroundUp, report.backgroundDown) = generator.directions
        report.backgroundUplink = generator.summary(CLOAD_UPLINK)
        report.backgroundDownlink = generator.summary(CLOAD_DOWNLINK)
    }

    private static func sample(
        _ child: TargetChild,
        _ generator: Generator,
        since began: UInt64
    ) -> ChurnReport.Sample? {
        child.sample.map { sample in
            ChurnReport.Sample(
                calls: Int(generator.counts.passing_ended),
                seconds: Double(MonotonicTime.now - began) / 1e9,
                residentBytes: sample.residentBytes,
                proportionalBytes: sample.proportionalBytes,
                privateBytes: sample.privateBytes,
                descriptors: sample.descriptors,
                threads: sample.threads
            )
        }
    }
}
