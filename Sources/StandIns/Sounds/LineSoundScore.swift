/// What a beep detector made of the sounds of one kind.
package struct LineSoundScore: Sendable, Equatable {
    package var kind: LineSound.Kind
    package var sounds = 0
    package var duration = Duration.zero
    /// Beeps that were found, within 60 ms of where they end.
    package var found = 0
    /// Beeps that were not.
    package var missed = 0
    /// What was taken for a beep and is none.
    package var wrong = 0
    /// Sounds in which that happened.
    package var soundsWithWrong = 0
    /// From the end of a beep to the moment at which it was reported: the worst.
    package var latest = Duration.zero
    /// The sounds that went wrong, by their details.
    package var failures: [String] = []

    package init(kind: LineSound.Kind) { self.kind = kind }

    /// The share of beeps among what was taken for one; 1 where nothing was.
    package var precision: Double {
        self.found + self.wrong == 0 ? 1 : Double(self.found) / Double(self.found + self.wrong)
    }

    /// The share of the beeps that were found; 1 where there are none.
    package var recall: Double {
        self.found + self.missed == 0 ? 1 : Double(self.found) / Double(self.found + self.missed)
    }

    /// Counts what a detector reported of one sound: where each beep ended, and when it said so.
    package mutating func add(_ sound: LineSound, reported: [(end: Duration, at: Duration)]) {
        self.sounds += 1
        self.duration += .microseconds(125 * sound.muLaw.count)
        var isFound = false
        var wrong = 0
        for report in reported {
            if let end = sound.beepEnd, !isFound, abs(Self.milliseconds(report.end - end)) <= 60 {
                isFound = true
                self.latest = max(self.latest, report.at - end)
            } else {
                wrong += 1
            }
        }
        self.wrong += wrong
        if wrong > 0 { self.soundsWithWrong += 1 }
        if sound.beepEnd != nil {
            if isFound { self.found += 1 } else { self.missed += 1 }
        }
        if wrong > 0 || (sound.beepEnd != nil && !isFound), self.failures.count < 20 {
            let verdict = sound.beepEnd == nil ? "" : isFound ? ", found" : ", not found"
            self.failures.append("\(sound.details)\(verdict), \(wrong) wrong")
        }
    }

    package mutating func add(_ other: LineSoundScore) {
        self.sounds += other.sounds
        self.duration += other.duration
        self.found += other.found
        self.missed += other.missed
        self.wrong += other.wrong
        self.soundsWithWrong += other.soundsWithWrong
        self.latest = max(self.latest, other.latest)
    }

    private static func milliseconds(_ duration: Duration) -> Double { duration / .milliseconds(1) }
}
