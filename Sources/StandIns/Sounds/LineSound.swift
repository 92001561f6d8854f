/// A stretch of telephone line whose contents are known: what a beep detector must hear in it, and what not.
package struct LineSound: Sendable, Equatable {
    /// What it is made of.
    package enum Kind: String, Sendable, CaseIterable, Comparable {
        // With a beep.
        case beepAfterSpeech = "beep after speech"
        case beepAlone = "beep alone"
        case beepInNoise = "beep in noise, 10-20 dB"
        // Without.
        case speech, chords
        case legatoMelody = "melody, legato"
        case staccatoMelody = "melody of separate sines"
        case whistle = "whistle with vibrato"
        case keypad = "keypad digits"
        case informationTones = "special information tones"
        case ringback = "ringback, two tones"
        case busy = "busy, two tones"
        case dial = "dial tone, two tones"
        case singleRingback = "ringback, 425 Hz"
        case singleBusy = "busy, 425 Hz"
        case faxCalling = "fax calling tone"
        case faxAnswer = "fax answering tone"
        case noise
        case shortTone = "tone below 80 ms"
        case longTone = "tone above 1.7 s"
        case toneThenSpeech = "tone with speech at once"

        package static func < (first: Self, second: Self) -> Bool {
            self.allCases.firstIndex(of: first) ?? 0 < self.allCases.firstIndex(of: second) ?? 0
        }

        package var holdsBeep: Bool { self <= .beepInNoise }
    }

    package var kind: Kind
    /// The values that it was made with, to find it again.
    package var details: String
    /// Mu-law at 8 kHz.
    package var muLaw: [UInt8]
    /// Where its beep ends.
    package var beepEnd: Duration?
}
