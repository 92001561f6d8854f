import Foundation

/// Makes tones as linear 16-bit samples.
package enum Tone {
    /// The low and the high frequency of a keypad digit, in hertz (ITU-T Q.23).
    ///
    /// Digits are `0-9 * # A-D`, small letters too; nil for anything else.
    package static func dtmfFrequencies(of digit: Character) -> (low: Double, high: Double)? {
        let rows: [(Double, String)] = [(697, "123A"), (770, "456B"), (852, "789C"), (941, "*0#D")]
        let columns: [Double] = [1209, 1336, 1477, 1633]
        for (low, digits) in rows {
            for (high, candidate) in zip(columns, digits) where String(candidate) == digit.uppercased() {
                return (low, high)
            }
        }
        return nil
    }

    /// A sine that starts at phase 0.
    ///
    /// - Parameters:
    ///   - frequency: In hertz, below half of the sample rate.
    ///   - duration: Rounded down to whole samples.
    ///   - sampleRate: Samples a second.
    ///   - amplitude: The peak, 0...32767.
    /// - Returns: The samples.
    package static func sine(
        frequency: Double,
        duration: Duration,
        sampleRate: Int = 8000,
        amplitude: Double = 8000
    ) -> [Int16] {
        let step = 2 * Double.pi * frequency / Double(sampleRate)
        let count = AudioFormat.l16(rate: sampleRate).byteCount(of: duration) / 2
        return (0..<count).map { Self.clip(amplitude * sin(step * Double($0))) }
    }

    /// The pair of sines of a keypad digit, each with the given peak; nil where it is no digit.
    package static func dtmf(
        _ digit: Character,
        duration: Duration,
        sampleRate: Int = 8000,
        amplitude: Double = 8000
    ) -> [Int16]? {
        guard let (low, high) = Self.dtmfFrequencies(of: digit) else { return nil }
        return Self.mix(
            Self.sine(frequency: low, duration: duration, sampleRate: sampleRate, amplitude: amplitude),
            Self.sine(frequency: high, duration: duration, sampleRate: sampleRate, amplitude: amplitude)
        )
    }

    /// Silence of `duration`, rounded down to whole samples.
    package static func silence(duration: Duration, sampleRate: Int = 8000) -> [Int16] {
        [Int16](repeating: 0, count: AudioFormat.l16(rate: sampleRate).byteCount(of: duration) / 2)
    }

    /// Both sounds at once, as long as the longer one; what is too loud is clipped.
    package static func mix(_ first: [Int16], _ second: [Int16]) -> [Int16] {
        (0..<max(first.count, second.count)).map { index in
            let sum = (index < first.count ? Int(first[index]) : 0) + (index < second.count ? Int(second[index]) : 0)
            return Int16(clamping: sum)
        }
    }

    private static func clip(_ value: Double) -> Int16 {
        Int16(max(Double(Int16.min), min(Double(Int16.max), value.rounded())))
    }
}
