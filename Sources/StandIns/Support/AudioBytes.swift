import Wire

/// Sound in the formats that the stand-ins speak, made from mu-law clips.
package enum AudioBytes {
    /// The linear samples of raw audio.
    package static func samples(_ audio: some Sequence<UInt8>, format: AudioFormat) -> [Int16] {
        switch format {
        case .pcmu: return audio.map { MuLaw.linear[Int($0)] }
        case .l16:
            var samples: [Int16] = []
            var low: UInt8?
            for byte in audio {
                if let first = low {
                    samples.append(Int16(bitPattern: UInt16(byte) << 8 | UInt16(first)))
                    low = nil
                } else {
                    low = byte
                }
            }
            return samples
        }
    }

    /// Mu-law audio in `format`: as it is, or raised to the higher rate by straight lines between the samples.
    package static func convert(muLaw audio: [UInt8], to format: AudioFormat) -> [UInt8] {
        guard case .l16(let rate) = format else { return audio }
        let factor = max(1, rate / 8000)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(audio.count * factor * 2)
        for (index, code) in audio.enumerated() {
            let here = Int(MuLaw.linear[Int(code)])
            let next = index + 1 < audio.count ? Int(MuLaw.linear[Int(audio[index + 1])]) : here
            for step in 0..<factor {
                let sample = UInt16(bitPattern: Int16(here + (next - here) * step / factor))
                bytes.append(UInt8(sample & 0xFF))
                bytes.append(UInt8(sample >> 8))
            }
        }
        return bytes
    }

    /// Root mean square of the samples, 0 to 32768.
    package static func level(_ samples: some Collection<Int16>) -> Double {
        guard !samples.isEmpty else { return 0 }
        let energy = samples.reduce(0.0) { $0 + Double($1) * Double($1) }
        return (energy / Double(samples.count)).squareRoot()
    }

    /// Root mean square of raw audio, 0 to 32768; the sum over a table costs little also without optimisation.
    package static func level(of audio: [UInt8], format: AudioFormat) -> Double {
        guard format == .pcmu, !audio.isEmpty else { return self.level(self.samples(audio, format: format)) }
        let energy = MuLaw.energy.withUnsafeBufferPointer { table in
            audio.withUnsafeBufferPointer { audio in
                var sum = 0.0
                var index = 0
                while index < audio.count {
                    sum += table[Int(audio[index])]
                    index += 1
                }
                return sum
            }
        }
        return (energy / Double(audio.count)).squareRoot()
    }

    /// Silence of `count` frames of 20 ms.
    package static func silence(frames count: Int, format: AudioFormat) -> [UInt8] {
        Array(repeating: format.silenceByte, count: count * format.frameByteCount)
    }
}
