import Foundation

/// Speech-like sound for words without a recording: a voice that hums in syllables, and is the same every time.
package enum Murmur {
    /// Milliseconds that a character takes, at about 150 words a minute.
    private static let millisecondsPerCharacter = 60

    /// A clip as long as `text` would take to say, at least 400 ms.
    package static func clip(text: String, line: SpeechLine? = nil) -> SpeechClip {
        let milliseconds = max(400, text.count * self.millisecondsPerCharacter)
        let samples = (0..<milliseconds * 8).map { index -> UInt8 in
            let time = Double(index) / 8000
            // A 130 Hz voice with two overtones, opening and closing four times a second, never quite silent.
            let envelope = 0.3 + 0.7 * abs(sin(.pi * 4 * time))
            let voice = sin(2 * .pi * 130 * time) + 0.6 * sin(2 * .pi * 520 * time) + 0.3 * sin(2 * .pi * 1170 * time)
            return MuLaw.encode(Int16(4500 * envelope * voice / 1.9))
        }
        return SpeechClip(text: text, line: line, muLaw: samples)
    }

    /// A steady tone, as an answering machine gives it before it records.
    package static func tone(hertz: Double = 1000, milliseconds: Int = 400, level: Double = 9000) -> SpeechClip {
        let samples = (0..<milliseconds * 8).map { index in
            MuLaw.encode(Int16(level * sin(2 * .pi * hertz * Double(index) / 8000)))
        }
        return SpeechClip(text: "", muLaw: samples)
    }

    /// Silence of `milliseconds`.
    package static func silence(milliseconds: Int) -> SpeechClip {
        SpeechClip(text: "", muLaw: Array(repeating: 0xFF, count: milliseconds * 8))
    }
}
