import Crypto
import Foundation
import NIOCore
import Testing
import Wire

@Suite struct G711Tests {
    private struct Vectors: Decodable {
        struct Law: Decodable {
            struct Sample: Decodable {
                let linear: Int16
                let code: UInt8
            }
            struct Exception: Decodable, Equatable {
                let code: UInt8
                let reencodesTo: UInt8

                private enum CodingKeys: String, CodingKey {
                    case code
                    case reencodesTo = "reencodes_to"
                }
            }
            let silence: UInt8
            let decode: [Int16]
            let encode: [Sample]
            let digest: String
            let exceptions: [Exception]

            private enum CodingKeys: String, CodingKey {
                case decode, encode
                case silence = "silence_byte"
                case digest = "encode_all_sha256"
                case exceptions = "reencode_exceptions"
            }
        }
        let mulaw: Law
        let alaw: Law
    }

    private let vectors: Vectors

    init() throws {
        self.vectors = try JSONDecoder().decode(Vectors.self, from: CarrierTestSupport.fixture("vectors/g711.json"))
    }

    @Test("all 256 codes of both laws decode to the reference samples")
    func decodeTables() {
        #expect(G711.muLawSamples == self.vectors.mulaw.decode)
        #expect(G711.aLawSamples == self.vectors.alaw.decode)
        let codes = ByteBuffer(bytes: UInt8.min ... .max)
        #expect(G711.decodeMuLaw(codes) == self.vectors.mulaw.decode)
        #expect(G711.decodeALaw(codes) == self.vectors.alaw.decode)
    }

    @Test("the reference samples encode to their codes")
    func encodeSamples() {
        for sample in self.vectors.mulaw.encode { #expect(G711.encodeMuLaw(sample.linear) == sample.code) }
        for sample in self.vectors.alaw.encode { #expect(G711.encodeALaw(sample.linear) == sample.code) }
    }

    @Test("the codes of all 65536 samples have the reference digests")
    func encodeDigests() {
        let samples = Array(Int16.min ... .max)
        #expect(Self.digest(G711.encodeMuLaw(samples)) == self.vectors.mulaw.digest)
        #expect(Self.digest(G711.encodeALaw(samples)) == self.vectors.alaw.digest)
    }

    @Test("every decoded code encodes to itself again, but for the second zero of mu-law")
    func reencoding() {
        for code in UInt8.min ... .max {
            let expected = self.vectors.mulaw.exceptions.first { $0.code == code }?.reencodesTo ?? code
            #expect(G711.encodeMuLaw(G711.decodeMuLaw(code)) == expected)
            #expect(G711.encodeALaw(G711.decodeALaw(code)) == code)
        }
    }

    @Test("silence is the code of silence")
    func silence() {
        #expect(G711.muLawSilence == self.vectors.mulaw.silence)
        #expect(G711.aLawSilence == self.vectors.alaw.silence)
        #expect(G711.decodeMuLaw(G711.muLawSilence) == 0)
        #expect(G711.decodeALaw(G711.aLawSilence) == 8)
        #expect(AudioFormat.pcmu.silenceByte == G711.muLawSilence)
    }

    private static func digest(_ codes: ByteBuffer) -> String {
        SHA256.hash(data: Data(codes.readableBytesView)).map { String(format: "%02x", $0) }.joined()
    }
}
