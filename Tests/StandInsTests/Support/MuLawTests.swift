import StandIns
import Testing
import Wire

@Suite struct MuLawTests {
    @Test("codes decode to the values of G.711 and encode back to themselves")
    func roundTrip() {
        #expect(MuLaw.linear[0x00] == -32124)
        #expect(MuLaw.linear[0x80] == 32124)
        #expect(MuLaw.linear[0xFF] == 0)
        for code in 0...255 where code != 0x7F { #expect(MuLaw.encode(MuLaw.linear[code]) == UInt8(code)) }
        let known: [(Int16, UInt8)] = [
            (0, 0xFF), (1, 0xFF), (-1, 0x7F), (100, 0xF2), (1000, 0xCE), (-1000, 0x4E), (32767, 0x80), (-32768, 0x00),
        ]
        for (sample, code) in known { #expect(MuLaw.encode(sample) == code) }
    }

    @Test("the level of a full-scale square wave is full scale")
    func level() {
        let square = (0..<160).map { UInt8($0 % 2 == 0 ? 0x00 : 0x80) }
        #expect(AudioBytes.level(of: square, format: .pcmu) == 32124)
        let samples = AudioBytes.samples(square, format: .pcmu)
        #expect(AudioBytes.level(samples) == 32124)
    }
}
