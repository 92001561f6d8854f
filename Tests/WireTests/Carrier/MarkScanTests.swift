import Foundation
import NIOCore
import Testing

@testable import Wire

/// The scan for marks must agree with the JSON decoder wherever it has an opinion.
@Suite struct MarkScanTests {
    @Test("the marks of both carriers need no JSON decoder, and nothing else is taken for one")
    func takesTheOrdinary() throws {
        for file in ["examples/signalwire-inbound.jsonl", "examples/twilio-inbound.jsonl"] {
            for text in try CarrierTestSupport.messages(file) {
                let name = MarkScan.name(in: text)
                #expect((name != nil) == String(buffer: text).contains(#""event":"mark""#))
                guard let name else { continue }
                #expect(try CarrierDecoder.decodeJSON(text) == .mark(name: name))
            }
        }
    }

    @Test(
        "it gives up on what is out of the ordinary",
        arguments: [
            #"{"event":"mark","mark":{"name":"a\u0062"}}"#,
            #"{"event":"mark","mark":{"name":""}}"#,
            #"{"event":"mark","mark":{"name":7}}"#,
            #"{"event":"mark","mark":{"name":"a","name":"b"}}"#,
            #"{"event":"mark","mark":{"other":1,"name":"a"}}"#,
            #"{"event":"mark","mark":{"name":"a"},"mark":{"name":"b"}}"#,
            #"{"event":"mark","event":"stop","mark":{"name":"a"}}"#,
            #"{"event":"stop","mark":{"name":"a"}}"#,
            #"{"mark":{"name":"a"}}"#,
            #"{"event":"mark"}"#,
            #"{"event":"mark","mark":"name"}"#,
            #"{"event":"mark","mark":{"name":"a"}}x"#,
            #"{"event":"mark","mark":{"name":"a"}"#,
        ]
    )
    func givesUp(_ text: String) { #expect(MarkScan.name(in: ByteBuffer(string: text)) == nil) }

    @Test("a name that no mark of ours has is left to the decoder")
    func longName() {
        let text = #"{"event":"mark","mark":{"name":"\#(String(repeating: "x", count: 129))"}}"#
        #expect(MarkScan.name(in: ByteBuffer(string: text)) == nil)
    }

    @Test("whatever is done to a mark, the scan and the decoder never disagree")
    func fuzz() {
        let original = Array(#"{"event":"mark","streamSid":"S1","sequenceNumber":4,"mark":{"name":"g1:20"}}"#.utf8)
        for seed in 1...4000 as ClosedRange<UInt64> {
            var random = CarrierTestSupport.Random(seed: seed)
            var bytes = original
            for _ in 0..<Int.random(in: 0...3, using: &random) {
                let index = Int.random(in: 0...bytes.count - 1, using: &random)
                switch Int.random(in: 0...2, using: &random) {
                case 0: bytes[index] = UInt8(Int.random(in: 0...255, using: &random))
                case 1: bytes.remove(at: index)
                default: bytes.insert(bytes[Int.random(in: 0...bytes.count - 1, using: &random)], at: index)
                }
            }
            let text = ByteBuffer(bytes: bytes)
            guard let name = MarkScan.name(in: text) else { continue }
            #expect((try? CarrierDecoder.decodeJSON(text)) == .mark(name: name), "seed \(seed)")
        }
    }
}
