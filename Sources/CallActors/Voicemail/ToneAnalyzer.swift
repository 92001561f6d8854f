import Foundation

/// Finds out whether 20 ms of sound are one single tone, and which.
///
/// A bank of Goertzel filters gives the bins of a 160-point Fourier transform at 8 kHz from 300 to 2250 Hz, 50 Hz apart.
/// A frame is one tone where the five bins about the strongest hold most of the energy, and no second peak stands beside
/// it (a keypad digit, a busy tone and a chord have one). The frequency is read between the bins from their phases
/// (Jacobsen and Kootsookos 2007), to a few hertz at 10 dB above the noise. Allocates nothing; a frame that is too quiet
/// is not looked at.
package struct ToneAnalyzer: Sendable {
    /// Samples of a frame: 20 ms at 8 kHz.
    package static let frameLength = 160
    /// The tones that are looked for, in hertz: beeps lie between 400 and 2000.
    package static let lowest: Float = 380
    package static let highest: Float = 2120
    /// The quietest frame that is looked at, about −51 dB of full scale: line noise lies at or below it.
    static let quietest: Float = 90

    /// The first bin of the bank: 300 Hz.
    private static let firstBin = 6
    private static let binCount = 40
    private static let binWidth: Float = 50
    /// The least share of the energy in the five bins about a tone, which spares a closer look at most frames: 0.92 of a
    /// pure one that lies between two bins, less noise.
    private static let leastNear: Float = 0.7
    /// The least share of the energy at the very frequency of a tone: 0.91 where the noise is 10 dB below it.
    private static let leastShare: Float = 0.8
    /// The strongest second peak: the weaker tone of a keypad digit is at most 8 dB below the other (ITU-T Q.24), 0.16.
    private static let greatestSecond: Float = 0.1

    /// 2 cos ω, cos ω and sin ω of each bin.
    private let coefficients: [Float]
    private let cosines: [Float]
    private let sines: [Float]

    package init() {
        let angles = (0..<Self.binCount).map { 2 * Double.pi * Double(Self.firstBin + $0) / Double(Self.frameLength) }
        self.coefficients = angles.map { Float(2 * cos($0)) }
        self.cosines = angles.map { Float(cos($0)) }
        self.sines = angles.map { Float(sin($0)) }
    }

    /// Looks at one frame.
    ///
    /// - Parameter samples: ``frameLength`` samples at 8 kHz, in 16-bit units.
    /// - Returns: What they are made of.
    package func analyze(_ samples: UnsafeBufferPointer<Float>) -> ToneFrame {
        precondition(samples.count == Self.frameLength)
        var sum: Float = 0
        for sample in samples { sum += sample * sample }
        let level = (sum / Float(samples.count)).squareRoot()
        guard level >= Self.quietest else { return ToneFrame(level: level) }
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * Self.binCount) { spectrum in
            let real = UnsafeMutableBufferPointer(rebasing: spectrum[..<Self.binCount])
            let imaginary = UnsafeMutableBufferPointer(rebasing: spectrum[Self.binCount...])
            self.transform(samples, real, imaginary)
            guard let frequency = Self.tone(energy: sum, real, imaginary),
                Self.share(of: frequency, energy: sum, samples) >= Self.leastShare
            else { return ToneFrame(level: level) }
            return ToneFrame(level: level, frequency: frequency)
        }
    }

    /// The Fourier transform of the frame at the bins of the bank.
    private func transform(
        _ samples: UnsafeBufferPointer<Float>,
        _ real: UnsafeMutableBufferPointer<Float>,
        _ imaginary: UnsafeMutableBufferPointer<Float>
    ) {
        real.update(repeating: 0)
        imaginary.update(repeating: 0)
        self.coefficients.withUnsafeBufferPointer { coefficients in
            // The two values that each filter remembers stand where its result will be.
            for sample in samples {
                for bin in 0..<Self.binCount {
                    let value = sample + coefficients[bin] * real[bin] - imaginary[bin]
                    imaginary[bin] = real[bin]
                    real[bin] = value
                }
            }
        }
        for bin in 0..<Self.binCount {
            let (last, beforeLast) = (real[bin], imaginary[bin])
            real[bin] = self.cosines[bin] * last - beforeLast
            imaginary[bin] = self.sines[bin] * last
        }
    }

    private static func tone(
        energy: Float,
        _ real: UnsafeMutableBufferPointer<Float>,
        _ imaginary: UnsafeMutableBufferPointer<Float>
    ) -> Float? {
        func power(_ bin: Int) -> Float { real[bin] * real[bin] + imaginary[bin] * imaginary[bin] }
        var peak = 1
        var greatest: Float = 0
        for bin in 1..<self.binCount - 1 where power(bin) > greatest {
            greatest = power(bin)
            peak = bin
        }
        var near: Float = 0
        for bin in max(0, peak - 2)...min(self.binCount - 1, peak + 2) { near += power(bin) }
        // Parseval: each bin has a twin at its negative frequency.
        guard 2 * near / (Float(self.frameLength) * energy) >= self.leastNear else { return nil }
        let frequency = self.interpolate(peak, real, imaginary)
        guard frequency >= self.lowest, frequency <= self.highest else { return nil }
        return self.hasSecondPeak(beside: peak, frequency: frequency, real, imaginary) ? nil : frequency
    }

    /// The share of the energy at one frequency: a chord whose notes lie close together has no such one.
    private static func share(of frequency: Float, energy: Float, _ samples: UnsafeBufferPointer<Float>) -> Float {
        let coefficient = 2 * cos(2 * Float.pi * frequency / 8000)
        var (last, beforeLast): (Float, Float) = (0, 0)
        for sample in samples {
            let value = sample + coefficient * last - beforeLast
            beforeLast = last
            last = value
        }
        let power = last * last + beforeLast * beforeLast - coefficient * last * beforeLast
        return 2 * power / (Float(samples.count) * energy)
    }

    /// The frequency between the bins about a peak.
    private static func interpolate(
        _ peak: Int,
        _ real: UnsafeMutableBufferPointer<Float>,
        _ imaginary: UnsafeMutableBufferPointer<Float>
    ) -> Float {
        let (above, below) = (real[peak - 1] - real[peak + 1], imaginary[peak - 1] - imaginary[peak + 1])
        let re = 2 * real[peak] - real[peak - 1] - real[peak + 1]
        let im = 2 * imaginary[peak] - imaginary[peak - 1] - imaginary[peak + 1]
        let square = re * re + im * im
        let offset = square > 0 ? (above * re + below * im) / square : 0
        return (Float(self.firstBin + peak) + min(0.6, max(-0.6, offset))) * self.binWidth
    }

    /// Another tone stands beside the strongest; its harmonics, which a clipped beep has, are not another one.
    private static func hasSecondPeak(
        beside peak: Int,
        frequency: Float,
        _ real: UnsafeMutableBufferPointer<Float>,
        _ imaginary: UnsafeMutableBufferPointer<Float>
    ) -> Bool {
        // The spectrum under a Hann window, whose side lobes do not reach beyond three bins.
        func power(_ bin: Int) -> Float {
            let re = real[bin] - 0.5 * (real[bin - 1] + real[bin + 1])
            let im = imaginary[bin] - 0.5 * (imaginary[bin - 1] + imaginary[bin + 1])
            return re * re + im * im
        }
        let limit = power(peak) * self.greatestSecond
        for bin in 1..<self.binCount - 1 where abs(bin - peak) > 3 && power(bin) > limit {
            let other = Float(self.firstBin + bin) * self.binWidth
            // A digit's two frequencies are at least 58 Hz off any such ratio; a bin is within 25 of its own peak.
            let isHarmonic = abs(other - 2 * frequency) < 33 || abs(other - 3 * frequency) < 33
            guard isHarmonic else { return true }
        }
        return false
    }
}
