/// An answering machine: what it plays, and how long it records.
package struct Mailbox: Sendable {
    package enum Part: Sendable, Equatable {
        case line(SpeechLine)
        case clip(SpeechClip)
        case silence(Duration)
        /// A steady tone; `level` is its amplitude, 0 to 32767.
        case tone(hertz: Double = 1000, Duration = .milliseconds(400), level: Double = 9000)

        var clip: SpeechClip {
            switch self {
            case .line(let line): SpeechLibrary.shared.clip(line)
            case .clip(let clip): clip
            case .silence(let duration): Murmur.silence(milliseconds: Int(duration / .milliseconds(1)))
            case .tone(let hertz, let duration, let level):
                Murmur.tone(hertz: hertz, milliseconds: Int(duration / .milliseconds(1)), level: level)
            }
        }

        var isTone: Bool { if case .tone = self { true } else { false } }
    }

    /// Played one after the other without a gap; recording begins after the last tone.
    package var parts: [Part]
    /// What ends the recording: silence after a message, or instead of one.
    package var patience = Duration.seconds(3)
    package var longestMessage = Duration.seconds(60)
    /// What the carrier's detection says, counted from the end of the tone; nil for nothing.
    package var detection: Callee.Detection? = Callee.Detection("machine_end_beep", after: .milliseconds(400))

    package init(_ parts: [Part]) {
        self.parts = parts
    }

    /// A family's machine: a greeting of about eight seconds, a pause and a tone of 1000 Hz.
    package static let family = Mailbox([
        .silence(.milliseconds(600)), .line(.machineGreeting), .silence(.milliseconds(700)), .tone(),
    ])
}
