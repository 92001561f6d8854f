/// How the samples of one direction of a call are laid out; always one channel.
///
/// Every size on the media path comes from here, never from a constant. The names are those of the carrier's `codec`
/// attribute (SignalWire `<Stream codec>`): `PCMU@8000h`, `L16@16000h`, `L16@24000h`.
package enum AudioFormat: Sendable, Hashable {
    /// G.711 mu-law, 8000 one-byte samples a second (RFC 3551 §4.5.14).
    case pcmu
    /// 16-bit little-endian linear PCM at `rate` samples a second.
    case l16(rate: Int)

    /// Samples a second.
    package var sampleRate: Int {
        switch self {
        case .pcmu: 8000
        case .l16(let rate): rate
        }
    }

    /// Bytes of one sample: 1 for mu-law, 2 for linear PCM.
    package var bytesPerSample: Int {
        switch self {
        case .pcmu: 1
        case .l16: 2
        }
    }

    /// Bytes of one millisecond of sound; exact for every rate that carriers offer.
    package var bytesPerMillisecond: Int { self.sampleRate * self.bytesPerSample / 1000 }

    /// Bytes of the 20 ms frame in which telephony counts.
    package var frameByteCount: Int { self.bytesPerMillisecond * 20 }

    /// The byte that pads a frame with silence: 0xFF in mu-law (+0), 0 in linear PCM.
    package var silenceByte: UInt8 {
        switch self {
        case .pcmu: 0xFF
        case .l16: 0
        }
    }

    /// The playing time of `byteCount` bytes.
    package func duration(byteCount: Int) -> Duration {
        .microseconds(byteCount * 1000 / self.bytesPerMillisecond)
    }

    /// The whole samples that play within `duration`, in bytes, rounded down.
    package func byteCount(of duration: Duration) -> Int {
        let microseconds = duration.wholeNanoseconds / 1000
        let samples = microseconds * self.sampleRate / 1_000_000
        return samples * self.bytesPerSample
    }
}
