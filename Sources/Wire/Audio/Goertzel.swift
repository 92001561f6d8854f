import Foundation

/// The energy of one frequency in a block of samples: one bin of a Fourier transform, at the cost of one
/// multiplication a sample (Goertzel 1958).
///
/// The classic block for keypad tones is 205 samples at 8 kHz.
package struct Goertzel: Sendable {
    /// In hertz.
    package let frequency: Double
    private let coefficient: Double

    /// - Parameters:
    ///   - frequency: In hertz, below half of the sample rate.
    ///   - sampleRate: Samples a second.
    package init(frequency: Double, sampleRate: Int = 8000) {
        self.frequency = frequency
        self.coefficient = 2 * cos(2 * Double.pi * frequency / Double(sampleRate))
    }

    /// The mean square that a sine of this frequency has in `samples`: a² / 2 for a sine of peak a that fills the block.
    ///
    /// Divided by the mean square of all samples it is the frequency's share of the energy, about 1 for a pure tone.
    package func power(_ samples: some Collection<Int16>) -> Double {
        guard !samples.isEmpty else { return 0 }
        var previous = 0.0
        var beforePrevious = 0.0
        for sample in samples {
            let value = Double(sample) + self.coefficient * previous - beforePrevious
            beforePrevious = previous
            previous = value
        }
        let square =
            previous * previous + beforePrevious * beforePrevious - self.coefficient * previous * beforePrevious
        let count = Double(samples.count)
        return 2 * square / (count * count)
    }

    /// The share of the energy of `samples` that lies at this frequency, 0 for silence and about 1 for a pure tone.
    package func share(of samples: some Collection<Int16>) -> Double {
        var sum = 0.0
        for sample in samples { sum += Double(sample) * Double(sample) }
        guard sum > 0 else { return 0 }
        return self.power(samples) / (sum / Double(samples.count))
    }
}
