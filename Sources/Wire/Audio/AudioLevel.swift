import Foundation
import NIOCore

/// How loud audio is.
///
/// On 16-bit samples line noise lies usually below 200, speech between 500 and 5000, and what is above 20000 is
/// close to clipping.
package enum AudioLevel {
    /// The root of the mean square of `samples`, 0...32768; 0 for none.
    package static func rms(_ samples: [Int16]) -> Double {
        guard !samples.isEmpty else { return 0 }
        var sum = 0
        for sample in samples { sum += Int(sample) * Int(sample) }  // 2^30 at most for each: 2^33 samples fit.
        return (Double(sum) / Double(samples.count)).squareRoot()
    }

    /// The root of the mean square of encoded audio, without an array in between for mu-law.
    package static func rms(of audio: ByteBuffer, format: AudioFormat) -> Double {
        guard case .pcmu = format else { return Self.rms(format.samples(of: audio)) }
        guard audio.readableBytes > 0 else { return 0 }
        let sum = G711.muLawSamples.withUnsafeBufferPointer { samples in
            audio.withUnsafeReadableBytes { codes in
                codes.reduce(into: 0) { sum, code in
                    let sample = Int(samples[Int(code)])
                    sum += sample * sample
                }
            }
        }
        return (Double(sum) / Double(audio.readableBytes)).squareRoot()
    }

    /// A root mean square in decibels below full scale (32768): 0 at most, `-infinity` for silence.
    package static func decibels(rms: Double) -> Double { 20 * log10(rms / 32_768) }
}
