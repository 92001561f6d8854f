/// G.711 mu-law of the stand-ins: written apart from the product's own, so that each checks the other.
package enum MuLaw {
    /// The linear value of every code (ITU-T G.711; ±32124 at full scale).
    package static let linear: [Int16] = (0...255).map { code in
        let inverted = UInt8(code) ^ 0xFF
        let exponent = Int(inverted >> 4 & 7)
        let magnitude = (Int(inverted & 15) << 3 + 132) << exponent - 132
        return Int16(inverted & 0x80 == 0 ? magnitude : -magnitude)
    }

    /// The square of every code's linear value.
    static let energy: [Double] = Self.linear.map { Double($0) * Double($0) }

    /// The code of a linear sample: bias 132, clipped at 32635.
    package static func encode(_ sample: Int16) -> UInt8 {
        let magnitude = min(abs(Int(sample)), 32635) + 132
        let exponent = Int.bitWidth - 1 - magnitude.leadingZeroBitCount - 7
        let mantissa = magnitude >> (exponent + 3) & 15
        return ~UInt8((sample < 0 ? 0x80 : 0) | exponent << 4 | mantissa)
    }
}
