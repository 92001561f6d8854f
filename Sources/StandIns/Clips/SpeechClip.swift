import Wire

/// Something to be heard: mu-law at 8 kHz, whole frames of 20 ms.
package struct SpeechClip: Sendable, Equatable {
    /// The words; empty for a sound.
    package var text: String
    /// The known line, where it is one.
    package var line: SpeechLine?
    /// Raw mu-law, a multiple of 160 bytes.
    package var muLaw: [UInt8]

    /// Pads the last frame with silence.
    package init(text: String, line: SpeechLine? = nil, muLaw: [UInt8]) {
        self.text = text
        self.line = line
        let excess = muLaw.count % 160
        self.muLaw = excess == 0 ? muLaw : muLaw + Array(repeating: 0xFF, count: 160 - excess)
    }

    package var duration: Duration { AudioFormat.pcmu.duration(byteCount: self.muLaw.count) }

    package var frameCount: Int { self.muLaw.count / 160 }
}
