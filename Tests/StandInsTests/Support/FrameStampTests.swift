import StandIns
import Testing
import Wire

@Suite struct FrameStampTests {
    @Test("a stamp is read as it was written, in every format, and changes the sound by one step at most")
    func roundTrip() {
        var random = SeededGenerator(seed: 1)
        for format in [AudioFormat.pcmu, .l16(rate: 16_000), .l16(rate: 24_000)] {
            for _ in 0..<300 {
                let frame = (0..<format.frameByteCount).map { _ in UInt8.random(in: 0...255, using: &random) }
                let stamp = FrameStamp(
                    source: UInt32.random(in: 0...0xFF_FFFF, using: &random),
                    sequence: UInt32.random(in: 0...0xFF_FFFF, using: &random),
                    line: UInt16.random(in: 0...UInt16.max, using: &random),
                    offset: UInt16.random(in: 0...UInt16.max, using: &random)
                )
                var stamped = frame
                stamp.write(to: &stamped, format: format)
                #expect(FrameStamp(readingFrom: stamped[...], format: format) == stamp)
                #expect(zip(frame, stamped).allSatisfy { $0 & 0xFE == $1 & 0xFE })
            }
        }
    }

    @Test("sound without a stamp has none, nor has one that was changed on its way")
    func absent() {
        var random = SeededGenerator(seed: 2)
        for _ in 0..<2000 {
            let frame = (0..<160).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(FrameStamp(readingFrom: frame[...], format: .pcmu) == nil)
        }
        var frame = Array(repeating: UInt8(0xFF), count: 160)
        FrameStamp(source: 1, sequence: 2).write(to: &frame, format: .pcmu)
        for index in 0..<FrameStamp.bitCount {
            var changed = frame
            changed[index] ^= 1
            #expect(FrameStamp(readingFrom: changed[...], format: .pcmu) == nil)
        }
        #expect(FrameStamp(readingFrom: frame.prefix(80), format: .pcmu) == nil)
    }

    @Test("stamped silence stays far below the level of speech")
    func silent() {
        var frame = AudioBytes.silence(frames: 1, format: .pcmu)
        FrameStamp(source: 0xABCDEF, sequence: 0x123456, line: 0xFFFF).write(to: &frame, format: .pcmu)
        #expect(AudioBytes.level(of: frame, format: .pcmu) < 10)
    }
}
