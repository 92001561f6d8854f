import NIOCore

extension AudioFormat {
    /// The linear 16-bit samples of audio in this format; an odd last byte of linear PCM is left out.
    package func samples(of audio: ByteBuffer) -> [Int16] {
        switch self {
        case .pcmu:
            G711.decodeMuLaw(audio)
        case .l16:
            audio.withUnsafeReadableBytes { bytes in
                (0..<bytes.count / 2).map { index in
                    Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: Int16.self))
                }
            }
        }
    }

    /// Audio in this format of linear 16-bit samples at its sample rate.
    package func audio(of samples: [Int16]) -> ByteBuffer {
        switch self {
        case .pcmu:
            return G711.encodeMuLaw(samples)
        case .l16:
            var audio = ByteBufferAllocator().buffer(capacity: samples.count * 2)
            for sample in samples { audio.writeInteger(sample, endianness: .little) }
            return audio
        }
    }
}
