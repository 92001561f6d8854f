import NIOCore

/// The two companding laws of telephony (ITU-T G.711): one byte stands for one 16-bit linear sample.
///
/// Encoding follows the plain algorithm; other encoders differ legitimately by one step at decision points.
package enum G711 {
    /// The byte of mu-law silence: +0.
    package static let muLawSilence: UInt8 = 0xFF
    /// The byte of A-law silence, which decodes to +8: A-law has no zero.
    package static let aLawSilence: UInt8 = 0xD5

    /// The linear sample of each mu-law byte, by its value: ±32124.
    package static let muLawSamples: [Int16] = (0...UInt8.max).map(Self.computeMuLaw)
    /// The linear sample of each A-law byte, by its value: ±32256.
    package static let aLawSamples: [Int16] = (0...UInt8.max).map(Self.computeALaw)

    /// Added to a magnitude before its exponent is taken (0x84, G.711 §3).
    private static let muLawBias = 132
    /// The largest magnitude that does not overflow with the bias.
    private static let muLawClip = 32_635

    /// The linear sample of a mu-law byte.
    package static func decodeMuLaw(_ code: UInt8) -> Int16 { Self.muLawSamples[Int(code)] }

    /// The linear sample of an A-law byte.
    package static func decodeALaw(_ code: UInt8) -> Int16 { Self.aLawSamples[Int(code)] }

    /// The mu-law byte of a linear sample; louder than 32635 is clipped.
    package static func encodeMuLaw(_ sample: Int16) -> UInt8 {
        let magnitude = min(Int(sample.magnitude), Self.muLawClip) + Self.muLawBias
        let exponent = Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7
        let mantissa = magnitude >> (exponent + 3) & 0x0F
        let sign: UInt8 = sample < 0 ? 0x80 : 0
        return ~(sign | UInt8(exponent << 4 | mantissa))
    }

    /// The A-law byte of a linear sample.
    package static func encodeALaw(_ sample: Int16) -> UInt8 {
        let shifted = Int(sample) >> 3  // 13 bits.
        let mask: UInt8 = shifted >= 0 ? 0xD5 : 0x55
        let magnitude = shifted >= 0 ? shifted : -shifted - 1
        // Segment 0 ends at 31, each further one at twice that.
        let segment = max(0, Int.bitWidth - magnitude.leadingZeroBitCount - 5)
        guard segment < 8 else { return 0x7F ^ mask }
        let step = segment < 2 ? magnitude >> 1 : magnitude >> segment
        return UInt8(segment << 4 | step & 0x0F) ^ mask
    }

    /// The linear samples of mu-law bytes.
    package static func decodeMuLaw(_ codes: ByteBuffer) -> [Int16] {
        Self.decode(codes, with: Self.muLawSamples)
    }

    /// The linear samples of A-law bytes.
    package static func decodeALaw(_ codes: ByteBuffer) -> [Int16] {
        Self.decode(codes, with: Self.aLawSamples)
    }

    /// The mu-law bytes of linear samples.
    package static func encodeMuLaw(_ samples: [Int16]) -> ByteBuffer {
        ByteBuffer(bytes: samples.lazy.map(Self.encodeMuLaw))
    }

    /// The A-law bytes of linear samples.
    package static func encodeALaw(_ samples: [Int16]) -> ByteBuffer {
        ByteBuffer(bytes: samples.lazy.map(Self.encodeALaw))
    }

    private static func decode(_ codes: ByteBuffer, with samples: [Int16]) -> [Int16] {
        codes.withUnsafeReadableBytes { codes in
            samples.withUnsafeBufferPointer { samples in
                [Int16](unsafeUninitializedCapacity: codes.count) { target, count in
                    for index in 0..<codes.count { target[index] = samples[Int(codes[index])] }
                    count = codes.count
                }
            }
        }
    }

    private static func computeMuLaw(_ code: UInt8) -> Int16 {
        let bits = Int(~code)
        let magnitude = ((bits & 0x0F) << 3 + Self.muLawBias) << (bits >> 4 & 7) - Self.muLawBias
        return Int16(bits & 0x80 == 0 ? magnitude : -magnitude)
    }

    private static func computeALaw(_ code: UInt8) -> Int16 {
        let bits = Int(code ^ 0x55)
        let segment = bits >> 4 & 7
        let step = (bits & 0x0F) << 4
        let magnitude = segment == 0 ? step + 8 : (step + 0x108) << (segment - 1)
        return Int16(bits & 0x80 == 0 ? -magnitude : magnitude)
    }
}
