import Foundation

/// A generated corpus of line sounds: beeps of every pitch, length, level and noise, and everything that is not one.
///
/// The same seed gives the same sounds. The voices are recordings, in changed pitch and loudness; all else is computed.
package struct LineSoundCorpus: Sendable {
    private let seed: UInt64
    private let sentences: [[Float]]

    /// - Parameters:
    ///   - seed: Of everything that is chosen by chance.
    ///   - recordings: Mu-law at 8 kHz, beside the lines of ``SpeechLibrary``.
    package init(seed: UInt64, recordings: [[UInt8]] = []) {
        self.seed = seed
        let lines = SpeechLibrary.shared.recordedLines.map { SpeechLibrary.shared.clip($0).muLaw }
        self.sentences = (lines + recordings).filter { $0.count > 800 }
            .map { $0.map { Float(MuLaw.linear[Int($0)]) } }
    }

    /// `count` sounds of this kind; needs recordings.
    package func sounds(of kind: LineSound.Kind, count: Int) -> [LineSound] {
        guard !self.sentences.isEmpty else { return [] }
        return (0..<count).map { index in
            let place = UInt64(LineSound.Kind.allCases.firstIndex(of: kind) ?? 0)
            var maker = LineSoundMaker(
                seed: self.seed &+ place &* 1_000_003 &+ UInt64(index) &* 7919,
                sentences: self.sentences
            )
            return kind.holdsBeep ? maker.beep(kind) : maker.other(kind)
        }
    }
}

extension LineSoundMaker {
    /// A mailbox: speech or silence, a pause, the beep, and then nobody.
    fileprivate mutating func beep(_ kind: LineSound.Kind) -> LineSound {
        let pitches = [400.0, 425, 440, 480, 500, 620, 700, 800, 850, 941, 1000, 1200, 1336, 1400, 1633, 1800, 2000]
        let hertz = self.number(0...1) < 0.6 ? self.element(of: pitches) : self.number(400...2000)
        let length = self.element(of: [125.0, 150, 200, 250, 300, 400, 500, 700, 1000, 1400]) + self.number(0...15)
        let level = self.number(-38 ... -6)
        // What a fax and the network say cannot be told from a beep like it.
        let isFax = abs(hertz - 1100) < 45 && length > 410 && length < 590
        let isNetwork = abs(hertz - 425) < 10 && (abs(length - 500) < 60 || abs(length - 1000) < 80)
        let pitch = isFax || isNetwork ? 1200 : hertz
        let ratio: Double? =
            kind == .beepInNoise ? self.number(10...20) : self.element(of: [nil, nil, self.number(25...45)])
        var samples: [Float] = []
        if kind != .beepAlone {
            samples += self.sentence(level: level + self.number(-8...4), milliseconds: self.number(1500...6000))
            samples += self.silence(self.number(60...1200))
        } else {
            samples += self.silence(self.number(0...1500))
        }
        samples += self.tone(pitch, milliseconds: length, amplitude: Self.amplitude(level))
        let end = samples.count
        samples += self.silence(self.number(900...2000))
        return LineSound(
            kind: kind,
            details: "\(Int(pitch)) Hz, \(Int(length)) ms, \(Int(level)) dB, noise "
                + (ratio.map { "\(Int($0)) dB below" } ?? "none"),
            muLaw: self.line(samples, noise: ratio.map { level - $0 }),
            beepEnd: .microseconds(end * 125)
        )
    }

    /// Something without a beep, about six seconds of it.
    fileprivate mutating func other(_ kind: LineSound.Kind) -> LineSound {
        let level = self.number(-32 ... -8)
        let amplitude = Self.amplitude(level)
        var samples = self.silence(self.number(0...700))
        samples += self.contents(kind, level: level, amplitude: amplitude)
        samples += self.silence(800)
        let noise: Double? = self.element(of: [nil, level - self.number(12...40)])
        return LineSound(
            kind: kind,
            details: "\(Int(level)) dB, noise \(noise.map { "\(Int($0)) dB" } ?? "none")",
            muLaw: self.line(samples, noise: noise),
            beepEnd: nil
        )
    }

    private mutating func contents(_ kind: LineSound.Kind, level: Double, amplitude: Double) -> [Float] {
        switch kind {
        case .speech:
            let sentences = (0..<2).map { _ in self.sentence(level: level) }
            return sentences[0] + self.silence(self.number(100...1500)) + sentences[1]
        case .chords: return self.chords(amplitude)
        case .legatoMelody, .staccatoMelody: return self.melody(isLegato: kind == .legatoMelody, amplitude)
        case .whistle: return self.whistle(amplitude)
        case .keypad: return self.keypad(amplitude)
        case .informationTones:
            let length = self.element(of: [276.0, 330, 380])
            let tones = [985.2, 1428.5, 1776.7].map { self.tone($0, milliseconds: length, amplitude: amplitude) }
            let announcement = self.sentence(level: level)
            return tones.flatMap { $0 } + self.silence(self.number(100...900)) + announcement
        case .ringback: return self.cadence([440, 480], on: 2000, off: 4000, times: 2, amplitude)
        case .busy:
            return self.cadence([480, 620], on: self.element(of: [500, 250]), off: 500, times: 6, amplitude)
        case .dial: return self.cadence([350, 440], on: self.number(300...5000), off: 500, times: 1, amplitude)
        case .singleRingback: return self.cadence([425], on: 1000, off: 4000, times: 2, amplitude)
        case .singleBusy: return self.cadence([425], on: 500, off: 500, times: 6, amplitude)
        case .faxCalling: return self.cadence([1100 + self.number(-38...38)], on: 500, off: 3000, times: 2, amplitude)
        case .faxAnswer: return self.faxAnswer(amplitude)
        case .noise: return self.bursts(level)
        case .shortTone:
            return self.tone(self.number(400...2000), milliseconds: self.number(20...75), amplitude: amplitude)
        case .longTone:
            return self.tone(self.number(400...2000), milliseconds: self.number(1700...5000), amplitude: amplitude)
        case .toneThenSpeech:
            let tone = self.tone(self.number(400...2000), milliseconds: self.number(120...600), amplitude: amplitude)
            return self.sentence(level: level) + self.silence(300) + tone + self.sentence(level: level)
        case .beepAfterSpeech, .beepAlone, .beepInNoise: return []
        }
    }

    private mutating func cadence(
        _ hertz: [Double],
        on: Double,
        off: Double,
        times: Int,
        _ amplitude: Double
    ) -> [Float] {
        var samples: [Float] = []
        for _ in 0..<times {
            samples += self.tones(
                hertz.map { ($0, 1 / Double(hertz.count)) },
                milliseconds: on,
                amplitude: amplitude
            )
            samples += self.silence(off)
        }
        return samples
    }

    private mutating func chords(_ amplitude: Double) -> [Float] {
        var samples: [Float] = []
        for _ in 0..<8 {
            let root = 110 * pow(2, self.number(1...3.2))
            let third = self.element(of: [1.2, 1.26])
            let length = self.number(150...900)
            let notes = [root, root * third, root * 1.5].map {
                self.note($0, milliseconds: length, amplitude: amplitude / 3)
            }
            samples += notes[0].indices.map { notes[0][$0] + notes[1][$0] + notes[2][$0] }
            if self.number(0...1) < 0.3 { samples += self.silence(self.number(100...400)) }
        }
        return samples
    }

    private mutating func melody(isLegato: Bool, _ amplitude: Double) -> [Float] {
        var samples: [Float] = []
        var step = 0.0
        for _ in 0..<14 {
            step = max(-5, min(17, step + self.element(of: [-4, -2, -1, 1, 2, 3, 5])))
            let hertz = 440 * pow(2, step / 12)
            let length = self.element(of: [150.0, 220, 300, 450, 600])
            if isLegato {
                samples += self.note(hertz, milliseconds: length, amplitude: amplitude)
            } else {
                samples += self.tone(hertz, milliseconds: length, amplitude: amplitude)
                samples += self.silence(self.number(20...160))
            }
        }
        return samples
    }

    /// A person who whistles: a pure tone that is never quite steady.
    private mutating func whistle(_ amplitude: Double) -> [Float] {
        var samples: [Float] = []
        var phase = 0.0
        var hertz = self.number(800...1800)
        for _ in 0..<5 {
            let target = self.number(800...1900)
            let rate = self.number(4...7)
            let depth = self.number(20...60)
            let count = Self.count(self.number(300...900))
            for index in 0..<count {
                hertz += (target - hertz) / 1200
                phase += 2 * .pi * (hertz + depth * sin(2 * .pi * rate * Double(index) / 8000)) / 8000
                let edge = min(1, Double(min(index, count - 1 - index)) / 240)
                samples.append(Float(amplitude * edge * sin(phase)))
            }
            samples += self.silence(self.number(60...400))
        }
        return samples
    }

    private mutating func keypad(_ amplitude: Double) -> [Float] {
        var samples: [Float] = []
        for _ in 0..<8 {
            let low = self.element(of: [697.0, 770, 852, 941])
            let high = self.element(of: [1209.0, 1336, 1477, 1633])
            let twist = pow(10, self.number(-8...4) / 20)
            samples += self.tones(
                [(low, 0.5), (high, 0.5 * twist)],
                milliseconds: self.number(60...400),
                amplitude: amplitude
            )
            samples += self.silence(self.number(50...500))
        }
        return samples
    }

    /// 2100 Hz for some three seconds, plain or with its phase reversed each 450 ms (ITU-T V.8).
    private mutating func faxAnswer(_ amplitude: Double) -> [Float] {
        let hertz = 2100 + self.number(-15...15)
        let isReversed = self.number(0...1) < 0.5
        let count = Self.count(self.number(2600...4000))
        return (0..<count).map { index in
            let sign: Double = isReversed && (index / 3600) % 2 == 1 ? -1 : 1
            return Float(sign * amplitude * sin(2 * .pi * hertz * Double(index) / 8000))
        }
    }

    private mutating func bursts(_ level: Double) -> [Float] {
        var samples: [Float] = []
        for _ in 0..<10 {
            samples += self.noise(count: Self.count(self.number(20...500)), level: level)
            samples += self.silence(self.number(50...500))
        }
        return samples
    }
}
