import Wire

/// A mark that a stand-in hides in each 20 ms of sound, in the lowest bit of its first 112 samples.
///
/// It cannot be heard and travels through anything that passes audio on unchanged. So each side can tell exactly which
/// frame of what arrived, in which order, and nothing has to be guessed from levels. Layout, most significant bit
/// first: magic 16, source 24, sequence 24, line 16, offset 16, checksum 16.
package struct FrameStamp: Sendable, Hashable {
    /// Samples that hold the stamp, one bit each.
    package static let bitCount = 112
    private static let magic: UInt64 = 0x5CA1

    /// Who made the sound: the number of a caller, or of an item of the voice model.
    ///
    /// 24 bits.
    package var source: UInt32
    /// The position of this frame in everything that the source has said, from 0.
    ///
    /// 24 bits.
    package var sequence: UInt32
    /// The line spoken, ``SpeechLine/number``; 0 for silence and sounds.
    package var line: UInt16
    /// The position of this frame in its line, from 0.
    package var offset: UInt16

    package init(source: UInt32, sequence: UInt32, line: UInt16 = 0, offset: UInt16 = 0) {
        self.source = source & 0xFF_FFFF
        self.sequence = sequence & 0xFF_FFFF
        self.line = line
        self.offset = offset
    }

    /// Reads the stamp of one 20 ms frame; nil where there is none, or where the audio was changed on its way.
    package init?(readingFrom frame: ArraySlice<UInt8>, format: AudioFormat) {
        let stride = format.bytesPerSample
        guard frame.count >= Self.bitCount * stride else { return nil }
        var bits = StampBits()
        for index in 0..<Self.bitCount { bits.append(frame[frame.startIndex + index * stride] & 1) }
        guard bits.high >> 48 == Self.magic else { return nil }
        self.source = UInt32(bits.high >> 24 & 0xFF_FFFF)
        self.sequence = UInt32(bits.high & 0xFF_FFFF)
        self.line = UInt16(bits.low >> 32 & 0xFFFF)
        self.offset = UInt16(bits.low >> 16 & 0xFFFF)
        guard UInt16(bits.low & 0xFFFF) == self.checksum else { return nil }
    }

    /// Writes the stamp into one 20 ms frame; a shorter one is left as it is.
    package func write(to frame: inout [UInt8], format: AudioFormat) {
        let stride = format.bytesPerSample
        guard frame.count >= Self.bitCount * stride else { return }
        let high = Self.magic << 48 | UInt64(self.source) << 24 | UInt64(self.sequence)
        let low = UInt64(self.line) << 32 | UInt64(self.offset) << 16 | UInt64(self.checksum)
        for index in 0..<Self.bitCount {
            let bit = index < 64 ? high >> (63 - index) & 1 : low >> (Self.bitCount - 1 - index) & 1
            frame[index * stride] = frame[index * stride] & 0xFE | UInt8(bit)
        }
    }

    /// FNV-1a over the fields, folded to 16 bits.
    private var checksum: UInt16 {
        var hash: UInt32 = 0x811C_9DC5
        for word in [self.source, self.sequence, UInt32(self.line) << 16 | UInt32(self.offset)] {
            for shift in [0, 8, 16, 24] as [UInt32] { hash = (hash ^ (word >> shift & 0xFF)) &* 0x0100_0193 }
        }
        return UInt16(truncatingIfNeeded: hash >> 16 ^ hash)
    }
}

/// The bits of a stamp as they are read: the first 64 and the rest.
private struct StampBits {
    var high: UInt64 = 0
    var low: UInt64 = 0
    private var count = 0

    mutating func append(_ bit: UInt8) {
        if self.count < 64 { self.high = self.high << 1 | UInt64(bit) } else { self.low = self.low << 1 | UInt64(bit) }
        self.count += 1
    }
}
