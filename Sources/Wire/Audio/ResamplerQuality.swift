import Foundation
import NIOCore

/// Measures a conversion between two sample rates with single tones, in decibels.
///
/// For tests and benchmarks: each figure takes two seconds of sound through a converter of its own, of which the second
/// one is looked at.
package struct ResamplerQuality: Sendable {
    private let inputRate: Int
    private let outputRate: Int
    /// 6 dB below full scale.
    private static let amplitude = 16_384.0

    /// - Parameters:
    ///   - inputRate: Samples a second that go in.
    ///   - outputRate: Samples a second that come out.
    package init(from inputRate: Int, to outputRate: Int) {
        self.inputRate = inputRate
        self.outputRate = outputRate
    }

    /// The level of a tone after the conversion, against the one before.
    package func gain(at frequency: Double) -> Double {
        let fit = Fit(of: self.output(of: frequency), frequency: frequency, rate: self.outputRate)
        return Self.decibels(fit.signal / Self.power)
    }

    /// All that comes out of a tone, against what went in: of a frequency above the output's reach, its aliases.
    package func total(at frequency: Double) -> Double {
        let fit = Fit(of: self.output(of: frequency), frequency: frequency, rate: self.outputRate)
        return Self.decibels(fit.total / Self.power)
    }

    /// The level of a tone's mirror image about half of the input's rate, against the tone.
    package func image(of frequency: Double) -> Double {
        let mirrored = Double(self.inputRate) - frequency
        let fit = Fit(of: self.output(of: frequency), frequency: mirrored, rate: self.outputRate)
        return Self.decibels(fit.signal / Self.power)
    }

    /// A tone against everything else that comes out with it, the rounding to 16 bits included.
    package func signalToNoise(at frequency: Double) -> Double {
        let fit = Fit(of: self.output(of: frequency), frequency: frequency, rate: self.outputRate)
        return Self.decibels(fit.signal / max(fit.total - fit.signal, 1e-12))
    }

    private static var power: Double { Self.amplitude * Self.amplitude / 2 }

    private static func decibels(_ ratio: Double) -> Double { 10 * log10(max(ratio, 1e-15)) }

    /// The second second of a tone, converted.
    private func output(of frequency: Double) -> ArraySlice<Int16> {
        let tone = Tone.sine(
            frequency: frequency,
            duration: .seconds(2),
            sampleRate: self.inputRate,
            amplitude: Self.amplitude
        )
        let input = AudioFormat.l16(rate: self.inputRate).audio(of: tone)
        let output = Resampler(from: self.inputRate, to: self.outputRate).convert(input)
        return AudioFormat.l16(rate: self.outputRate).samples(of: output).suffix(self.outputRate)
    }

    /// The sine of one frequency that is nearest to some samples, by least squares.
    private struct Fit {
        /// Mean squares of the sine and of all samples.
        var signal = 0.0
        var total = 0.0

        init(of samples: ArraySlice<Int16>, frequency: Double, rate: Int) {
            let step = 2 * Double.pi * frequency / Double(rate)
            var (cosines, sines, mixed, withCosine, withSine) = (0.0, 0.0, 0.0, 0.0, 0.0)
            for (index, sample) in samples.enumerated() {
                let (value, angle) = (Double(sample), step * Double(index))
                let (cosine, sine) = (cos(angle), sin(angle))
                cosines += cosine * cosine
                sines += sine * sine
                mixed += cosine * sine
                withCosine += value * cosine
                withSine += value * sine
                self.total += value * value
            }
            let determinant = cosines * sines - mixed * mixed
            guard determinant > 0, !samples.isEmpty else { return }
            let first = (withCosine * sines - withSine * mixed) / determinant
            let second = (withSine * cosines - withCosine * mixed) / determinant
            self.signal = (first * first + second * second) / 2
            self.total /= Double(samples.count)
        }
    }
}
