import NIOCore

/// The header of a WAV file of 16-bit linear PCM: RIFF, a `fmt ` chunk of 16 bytes and the head of the `data` chunk.
package struct WAVHeader: Sendable, Equatable {
    /// Bytes of the header; the samples begin right after it.
    package static let byteCount = 44
    /// The most sample bytes that the 32-bit sizes can tell, in whole frames of any number of channels up to 8.
    package static let maxDataByteCount = (Int(UInt32.max) - Self.byteCount) / 16 * 16

    /// Samples a second and channel.
    package var sampleRate: Int
    package var channels: Int
    /// Bytes of the samples after the header.
    package var dataByteCount: Int

    /// Bytes of one sample of every channel.
    package var frameByteCount: Int { self.channels * 2 }

    /// A header for 1...8 channels; ``encoded()`` checks the length alone.
    package init(sampleRate: Int, channels: Int, dataByteCount: Int) {
        self.sampleRate = sampleRate
        self.channels = channels
        self.dataByteCount = dataByteCount
    }

    /// Reads a header of exactly this layout; nil for anything else, other valid WAV files among them.
    package init?(_ header: ByteBuffer) {
        var header = header
        guard header.readString(length: 4) == "RIFF",
            header.readInteger(endianness: .little, as: UInt32.self) != nil,
            header.readString(length: 8) == "WAVEfmt ",
            header.readInteger(endianness: .little, as: UInt32.self) == 16,
            header.readInteger(endianness: .little, as: UInt16.self) == 1,
            let channels = header.readInteger(endianness: .little, as: UInt16.self), (1...8).contains(channels),
            let sampleRate = header.readInteger(endianness: .little, as: UInt32.self), sampleRate > 0,
            let byteRate = header.readInteger(endianness: .little, as: UInt32.self),
            Int(byteRate) == Int(sampleRate) * Int(channels) * 2,
            header.readInteger(endianness: .little, as: UInt16.self) == channels * 2,
            header.readInteger(endianness: .little, as: UInt16.self) == 16,
            header.readString(length: 4) == "data",
            let dataByteCount = header.readInteger(endianness: .little, as: UInt32.self)
        else { return nil }
        self.init(sampleRate: Int(sampleRate), channels: Int(channels), dataByteCount: Int(dataByteCount))
    }

    /// The 44 bytes; a length above ``maxDataByteCount`` is told as that.
    package func encoded() -> ByteBuffer {
        let dataByteCount = UInt32(min(max(0, self.dataByteCount), Self.maxDataByteCount))
        var header = ByteBufferAllocator().buffer(capacity: Self.byteCount)
        header.writeString("RIFF")
        header.writeInteger(dataByteCount + UInt32(Self.byteCount - 8), endianness: .little)
        header.writeString("WAVEfmt ")
        header.writeInteger(UInt32(16), endianness: .little)
        header.writeInteger(UInt16(1), endianness: .little)  // Linear PCM.
        header.writeInteger(UInt16(self.channels), endianness: .little)
        header.writeInteger(UInt32(self.sampleRate), endianness: .little)
        header.writeInteger(UInt32(self.sampleRate * self.frameByteCount), endianness: .little)
        header.writeInteger(UInt16(self.frameByteCount), endianness: .little)
        header.writeInteger(UInt16(16), endianness: .little)  // Bits of a sample.
        header.writeString("data")
        header.writeInteger(dataByteCount, endianness: .little)
        return header
    }
}
