import NIOCore
import Testing
import Wire

@Suite struct AudioFormatSamplesTests {
    @Test("linear PCM is little-endian and comes back as it was")
    func linear() {
        let format = AudioFormat.l16(rate: 24_000)
        #expect(format.audio(of: [1, -2, 0x1234]) == ByteBuffer(bytes: [1, 0, 0xFE, 0xFF, 0x34, 0x12]))
        let samples: [Int16] = [.min, -1, 0, 1, .max]
        #expect(format.samples(of: format.audio(of: samples)) == samples)
    }

    @Test("half a sample at the end is left out")
    func oddByte() {
        #expect(AudioFormat.l16(rate: 16_000).samples(of: ByteBuffer(bytes: [1, 0, 7])) == [1])
    }

    @Test("mu-law has a byte for each sample")
    func muLaw() {
        #expect(AudioFormat.pcmu.audio(of: [0, 1000, -1000]) == ByteBuffer(bytes: [0xFF, 0xCE, 0x4E]))
        #expect(AudioFormat.pcmu.samples(of: ByteBuffer(bytes: [0xFF, 0x00])) == [0, -32_124])
    }

    @Test("a slice is read from its own beginning")
    func slice() throws {
        let slice = try #require(ByteBuffer(bytes: [9, 1, 0, 2, 0]).getSlice(at: 1, length: 4))
        #expect(AudioFormat.l16(rate: 16_000).samples(of: slice) == [1, 2])
    }
}
