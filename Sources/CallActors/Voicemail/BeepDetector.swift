/// Hears the beep of a mailbox: one steady tone of 120 ms to 1.5 s between 400 and 2080 Hz, with near silence after it.
///
/// Fed with one ``ToneFrame`` for each 20 ms, it says when a tone has become one that may be a beep, when 100 ms of near
/// silence have confirmed that it was, and when somebody speaks after it. Not taken for beeps are: tones that vary in
/// frequency (20 Hz) or loudness (6 dB); tones that follow upon other tones (melodies, the special information tones);
/// a third tone in a regular cadence; tones of the network of 425 Hz for 1 s or 0.5 s (ringback and busy, ITU-T E.180);
/// the calling tone of a fax (1100 Hz for half a second, ITU-T T.30) and its answering tone (2100 Hz). Allocates nothing.
package struct BeepDetector: Sendable {
    package enum Event: Sendable, Equatable {
        /// A steady tone has lasted for 100 ms.
        case toneBegan
        /// A beep came to its end at `at`, 100 ms of near silence ago; times count from the first frame.
        case beepEnded(at: Duration)
        /// Somebody speaks where silence was expected: after a beep, or since ``expectSilence()``.
        case speechFollows
    }

    /// A steady tone that goes on, or has just ended.
    struct Run: Sendable {
        var start: Int
        /// Behind its last frame.
        var end: Int
        var frequency: Float
        /// Frames that are this tone; the others between `start` and `end` are holes.
        var count = 1
        var loudest: Float = 0
        var quietest = Float.infinity
        /// The level of its first frame, which may hold the tone in part.
        let first: Float
        /// The last frame may hold the tone's end: it is judged when another one follows.
        var last: Float
    }

    private enum State: Sendable {
        case waiting
        case sounding(Run)
        /// The tone is over: counts near silence, and what is none.
        case ending(Run, quiet: Int, loud: Int, partial: Float)
    }

    /// Frames of a tone that make it one to watch: 100 ms, which a beep of 120 ms holds whole.
    static let leastFrames = 5
    /// 1.5 s.
    static let mostFrames = 75
    /// Confirmation: 100 ms of near silence.
    static let quietFrames = 5

    private var state = State.waiting
    private var frameCount = 0
    private var background = Background()
    private var past = TonePast()
    private var follow = SpeechWatch()

    package init() {}

    /// Speech from here on is news, beep or not.
    package mutating func expectSilence() { self.follow.begin() }

    /// A steady tone is being heard: it is no speech.
    package var hearsTone: Bool {
        switch self.state {
        case .sounding(let run): run.count >= 3
        case .ending(let run, _, _, _): run.count >= 3 && self.frameCount - run.end <= 2
        case .waiting: false
        }
    }

    /// The level that silence stays below now.
    package var noise: Float { self.background.level }

    /// Takes the next 20 ms.
    package mutating func hear(_ frame: ToneFrame) -> Event? {
        let event = self.step(frame)
        self.frameCount += 1
        self.background.hear(frame.level)
        if event == nil, case .waiting = self.state {
            return self.follow.hear(frame.level, noise: self.background.level) ? .speechFollows : nil
        }
        return event
    }

    private mutating func step(_ frame: ToneFrame) -> Event? {
        switch self.state {
        case .waiting:
            self.begin(frame)
            return nil
        case .sounding(var run):
            guard let frequency = frame.frequency, abs(frequency - run.frequency) <= 20 else {
                self.end(run, with: frame)
                return nil
            }
            run.add(frame.level, frequency, at: self.frameCount)
            self.state = .sounding(run)
            return run.count == Self.leastFrames && self.mayBeBeep(run) ? .toneBegan : nil
        case .ending(var run, var quiet, var loud, let partial):
            if quiet <= 1, loud == 0, let frequency = frame.frequency, abs(frequency - run.frequency) <= 20 {
                // A lost packet, not the end.
                run.add(frame.level, frequency, at: self.frameCount)
                self.state = .sounding(run)
                return nil
            }
            if frame.level <= self.silence(after: run, with: frame.level) { quiet += 1 } else { loud += 1 }
            // A click of the machine is forgiven; speech or another tone is not.
            if loud > 2 || (frame.frequency != nil && loud > 1) {
                self.past.add(run)
                self.state = .waiting
                self.begin(frame)
                return nil
            }
            guard quiet == Self.quietFrames else {
                self.state = .ending(run, quiet: quiet, loud: loud, partial: partial)
                return nil
            }
            self.state = .waiting
            let isBeep = self.isBeep(run, partial: partial)
            self.past.add(run)
            guard isBeep else { return nil }
            self.follow.begin()
            return .beepEnded(at: .milliseconds(20 * run.end) + .microseconds(Int(20_000 * partial)))
        }
    }

    private mutating func begin(_ frame: ToneFrame) {
        guard let frequency = frame.frequency else { return }
        self.state = .sounding(
            Run(
                start: self.frameCount,
                end: self.frameCount + 1,
                frequency: frequency,
                first: frame.level,
                last: frame.level
            )
        )
    }

    private mutating func end(_ run: Run, with frame: ToneFrame) {
        guard run.count >= 3 else {
            self.state = .waiting
            return self.begin(frame)
        }
        if frame.frequency != nil {
            // One tone passes into another: a melody, or something that sweeps.
            self.past.add(run)
            self.state = .waiting
            return self.begin(frame)
        }
        let isQuiet = frame.level <= self.silence(after: run, with: frame.level)
        // The share of this frame that still was the tone.
        let share = run.loudest == 0 ? 0 : frame.level / run.loudest
        let partial = isQuiet ? 0 : min(1, share * share)
        self.state = .ending(run, quiet: isQuiet ? 1 : 0, loud: 0, partial: partial)
    }

    /// What counts as near silence after a tone: 16 dB below it, or the background where that is at least 8 dB below.
    private func silence(after run: Run, with level: Float) -> Float {
        let floor = min(self.background.floor, max(level, 1))
        return max(150, 0.15 * run.loudest, min(0.4 * run.loudest, 4 * floor))
    }

    /// What is known before its end does not speak against a beep.
    private func mayBeBeep(_ run: Run) -> Bool {
        run.loudest >= 130 && run.loudest <= 2 * run.quietest && run.frequency < 2080 && !self.past.speaksAgainst(run)
    }

    private func isBeep(_ run: Run, partial: Float) -> Bool {
        let length = run.length + partial
        guard run.count >= Self.leastFrames, length <= Float(Self.mostFrames), self.mayBeBeep(run) else { return false }
        // The calling tone of a fax: 1100 ± 38 Hz for 0.5 s ± 15 % (ITU-T T.30).
        let isCallingTone = abs(run.frequency - 1100) <= 38 && length >= 21 && length <= 29
        // Ringback and busy tone in much of the world: 425 Hz for 1 s and for 0.5 s (ITU-T E.180).
        let isNetworkTone = abs(run.frequency - 425) <= 6 && (abs(length - 50) <= 2.5 || abs(length - 25) <= 1.5)
        return !isCallingTone && !isNetworkTone
    }
}

extension BeepDetector.Run {
    /// In frames; the first and the last one count by their share of its power.
    fileprivate var length: Float {
        func share(_ level: Float) -> Float {
            self.loudest == 0 ? 1 : min(1, level * level / (self.loudest * self.loudest))
        }
        return Float(self.end - self.start - 2) + share(self.first) + share(self.last)
    }

    /// Adds a frame of the tone; the first and the last of a tone may hold it in part, and do not speak of its level.
    fileprivate mutating func add(_ level: Float, _ frequency: Float, at index: Int) {
        if self.count > 1 {
            self.loudest = max(self.loudest, self.last)
            self.quietest = min(self.quietest, self.last)
        }
        self.frequency += (frequency - self.frequency) / Float(min(self.count + 1, 8))
        self.count += 1
        self.end = index + 1
        self.last = level
    }
}
