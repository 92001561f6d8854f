import NIOCore
import Testing
import Wire

@Suite struct WAVHeaderTests {
    @Test("a header has the bytes of the format")
    func bytes() {
        let header = WAVHeader(sampleRate: 8000, channels: 2, dataByteCount: 32_000).encoded()
        let expected: [UInt8] =
            Array("RIFF".utf8) + [0x24, 0x7D, 0, 0] + Array("WAVEfmt ".utf8)
            + [16, 0, 0, 0, 1, 0, 2, 0, 0x40, 0x1F, 0, 0, 0x00, 0x7D, 0, 0, 4, 0, 16, 0]
            + Array("data".utf8) + [0x00, 0x7D, 0, 0]
        #expect(Array(header.readableBytesView) == expected)
        #expect(expected.count == WAVHeader.byteCount)
    }

    @Test("a header reads back", arguments: [8000, 16_000, 24_000], [1, 2])
    func roundTrip(rate: Int, channels: Int) {
        let header = WAVHeader(sampleRate: rate, channels: channels, dataByteCount: 123_456)
        #expect(WAVHeader(header.encoded()) == header)
    }

    @Test("a length beyond 32 bits is told as the largest")
    func tooLong() {
        let header = WAVHeader(sampleRate: 8000, channels: 2, dataByteCount: 1 << 40)
        #expect(WAVHeader(header.encoded())?.dataByteCount == WAVHeader.maxDataByteCount)
        #expect(WAVHeader.maxDataByteCount.isMultiple(of: 16))
    }

    @Test("whatever is changed before the sizes' digits is refused or read, and never crashes")
    func mutations() {
        let header = Array(WAVHeader(sampleRate: 8000, channels: 2, dataByteCount: 64).encoded().readableBytesView)
        for length in 0..<header.count { #expect(WAVHeader(ByteBuffer(bytes: header.prefix(length))) == nil) }
        for index in header.indices {
            var changed = header
            changed[index] ^= 0x40
            let isSize = (4..<8).contains(index) || (40..<44).contains(index)
            #expect((WAVHeader(ByteBuffer(bytes: changed)) != nil) == isSize)
        }
    }
}
