import Foundation

/// Makes sounds as samples at 8 kHz, in 16-bit units, the same ones for the same seed.
struct LineSoundMaker {
    var random: SeededGenerator
    /// Recorded sentences, linear.
    let sentences: [[Float]]

    init(seed: UInt64, sentences: [[Float]]) {
        self.random = SeededGenerator(seed: seed)
        self.sentences = sentences
    }

    mutating func number(_ range: ClosedRange<Double>) -> Double { Double.random(in: range, using: &self.random) }

    mutating func element<Element>(of elements: [Element]) -> Element {
        // Never empty: the callers list their elements.
        elements[Int.random(in: 0..<elements.count, using: &self.random)]
    }

    /// An amplitude, from a level in decibels of full scale.
    static func amplitude(_ decibels: Double) -> Double { 32_768 * pow(10, decibels / 20) * 2.0.squareRoot() }

    static func count(_ milliseconds: Double) -> Int { Int(milliseconds * 8) }

    /// Tones at once, each with its share of the amplitude, with 4 ms of rise and fall.
    mutating func tones(_ tones: [(hertz: Double, share: Double)], milliseconds: Double, amplitude: Double) -> [Float] {
        let count = Self.count(milliseconds)
        let phases = tones.map { _ in self.number(0...(2 * .pi)) }
        return (0..<count).map { index in
            var value = 0.0
            for (tone, phase) in zip(tones, phases) {
                value += tone.share * sin(phase + 2 * .pi * tone.hertz * Double(index) / 8000)
            }
            let edge = min(1, Double(min(index, count - 1 - index)) / 32)
            return Float(amplitude * edge * value)
        }
    }

    mutating func tone(_ hertz: Double, milliseconds: Double, amplitude: Double) -> [Float] {
        self.tones([(hertz, 1)], milliseconds: milliseconds, amplitude: amplitude)
    }

    func silence(_ milliseconds: Double) -> [Float] { [Float](repeating: 0, count: Self.count(milliseconds)) }

    /// A note of an instrument: overtones that fade, and a decay.
    mutating func note(_ hertz: Double, milliseconds: Double, amplitude: Double) -> [Float] {
        let overtones = self.element(of: [[1, 0.5, 0.33, 0.2], [1, 0.12, 0.3, 0.05], [1, 0.25, 0.1, 0]])
        var note = self.tones(
            overtones.enumerated().map { (hertz * Double($0.offset + 1), $0.element) },
            milliseconds: milliseconds,
            amplitude: amplitude
        )
        let decay = self.number(0...3)
        for index in note.indices { note[index] *= Float(exp(-decay * Double(index) / Double(note.count))) }
        return note
    }

    /// A recorded sentence, or a part of it, in another pitch and loudness.
    mutating func sentence(level: Double, milliseconds: Double? = nil) -> [Float] {
        let source = self.element(of: self.sentences)
        let rate = self.number(0.75...1.3)
        let whole = Int(Double(source.count - 1) / rate)
        let count = milliseconds.map { min(whole, Self.count($0)) } ?? whole
        let offset = whole - count
        var samples = [Float](repeating: 0, count: max(0, count))
        for index in samples.indices {
            let place = Double(index + offset) * rate
            let before = min(source.count - 2, Int(place))
            let share = Float(place - Double(before))
            samples[index] = source[before] * (1 - share) + source[before + 1] * share
        }
        let power = samples.reduce(Float(0)) { $0 + $1 * $1 } / Float(max(1, samples.count))
        let gain = power > 0 ? Float(Self.amplitude(level) / 2.0.squareRoot()) / power.squareRoot() : 0
        return samples.map { $0 * gain }
    }

    /// Noise of a line: white, low-passed, the hum of the mains, or many voices.
    mutating func noise(count: Int, level: Double) -> [Float] {
        var samples = [Float](repeating: 0, count: count)
        switch Int.random(in: 0...3, using: &self.random) {
        case 0: for index in samples.indices { samples[index] = Float(self.number(-1...1)) }
        case 1:
            var last: Float = 0
            for index in samples.indices {
                last = 0.85 * last + Float(self.number(-1...1))
                samples[index] = last
            }
        case 2:
            let mains = [(60.0, 1.0), (120, 0.5), (180, 0.4), (240, 0.2)]
            let hum = self.tones(mains, milliseconds: Double(count) / 8, amplitude: 1)
            for index in samples.indices { samples[index] = hum[index] + 0.3 * Float(self.number(-1...1)) }
        default:
            for _ in 0..<6 {
                let voice = self.sentence(level: -20)
                let offset = Int.random(in: 0..<max(1, voice.count), using: &self.random)
                guard !voice.isEmpty else { continue }
                for index in samples.indices { samples[index] += voice[(index + offset) % voice.count] }
            }
        }
        let power = samples.reduce(Float(0)) { $0 + $1 * $1 } / Float(max(1, count))
        let gain = power > 0 ? Float(Self.amplitude(level) / 2.0.squareRoot()) / power.squareRoot() : 0
        return samples.map { $0 * gain }
    }

    /// The samples with noise of this level under them, as a line carries them.
    mutating func line(_ samples: [Float], noise level: Double?) -> [UInt8] {
        var samples = samples
        if let level {
            let noise = self.noise(count: samples.count, level: level)
            for index in samples.indices { samples[index] += noise[index] }
        }
        // Whole frames of 20 ms.
        samples += [Float](repeating: 0, count: (160 - samples.count % 160) % 160)
        return samples.map { MuLaw.encode(Int16(max(-32_768, min(32_767, $0.rounded())))) }
    }
}
