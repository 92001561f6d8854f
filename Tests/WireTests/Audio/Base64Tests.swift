import Foundation
import NIOCore
import Testing
import Wire

@Suite struct Base64Tests {
    @Test("text and bytes of every length are those of Foundation")
    func agreesWithFoundation() {
        var random = CarrierTestSupport.Random(seed: 1)
        for count in Array(0...300) + [640, 960, 1280, 4096, 65_535] {
            let bytes = random.bytes(count)
            let text = Base64.encode(ByteBuffer(bytes: bytes))
            #expect(String(buffer: text) == Data(bytes).base64EncodedString())
            #expect(text.readableBytes == Base64.encodedByteCount(of: count))
            #expect(Base64.decode(text) == ByteBuffer(bytes: bytes))
        }
    }

    @Test("the vectors of RFC 4648 come out")
    func vectors() {
        let vectors = ["": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE="]
        for (bytes, text) in vectors {
            #expect(Base64.encode(ByteBuffer(string: bytes)) == ByteBuffer(string: text))
            #expect(Base64.decode(ByteBuffer(string: text)) == ByteBuffer(string: bytes))
        }
    }

    @Test("20 ms of mu-law silence are 213 slashes and one w")
    func silence() {
        let silence = ByteBuffer(repeating: 0xFF, count: 160)
        #expect(String(buffer: Base64.encode(silence)) == String(repeating: "/", count: 213) + "w==")
    }

    @Test(
        "malformed text is refused",
        arguments: [
            "A", "AA", "AAA", "AAAAA", "A===", "====", "=AAA", "A=AA", "AA=A", "AAAA=", "AAA=AAAA", "AA==AAAA", "AAA\n",
            "AA A", "AAA-", "AAA_", "AAA\"", "AAA\\", "AAA\u{7F}", "AAÄ", "AAAA\r\n", "AAAA====",
        ]
    )
    func malformed(_ text: String) {
        let buffer = ByteBuffer(string: text)
        #expect(Base64.decode(buffer) == nil)
        #expect(!buffer.withUnsafeReadableBytes { Base64.isValid($0) })
        var bytes = ByteBuffer(string: "before")
        #expect(!Base64.decode(buffer, into: &bytes))
        #expect(bytes == ByteBuffer(string: "before"), "nothing of malformed text may be appended")
    }

    @Test("every byte in every place is accepted or refused as its character says")
    func everyByteEverywhere() {
        let alphabet = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        for place in 0..<8 {
            for byte in UInt8.min ... .max {
                var text = Array("AbCdEfGh".utf8)
                text[place] = byte
                let isValid = alphabet.contains(byte) || (place == 7 && byte == UInt8(ascii: "="))
                let buffer = ByteBuffer(bytes: text)
                #expect((Base64.decode(buffer) != nil) == isValid)
                #expect(buffer.withUnsafeReadableBytes { Base64.isValid($0) } == isValid)
            }
        }
    }

    @Test("random text is valid just where it can be decoded, and then reads back as itself but for spare bits")
    func validityIsDecodability() {
        var random = CarrierTestSupport.Random(seed: 2)
        let characters = Array("AZaz09+/=".utf8)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...12, using: &random)
            let text = ByteBuffer(bytes: (0..<count).map { _ in characters.randomElement(using: &random) ?? 0 })
            let decoded = Base64.decode(text)
            #expect(text.withUnsafeReadableBytes { Base64.isValid($0) } == (decoded != nil))
            guard let decoded else { continue }
            #expect(Base64.decode(Base64.encode(decoded)) == decoded)
            #expect(Base64.encode(decoded).readableBytes == text.readableBytes)
        }
    }

    @Test("a slice of a larger buffer is read from its own beginning")
    func slices() throws {
        let whole = ByteBuffer(string: "xxZm9vYg==yy")
        let slice = try #require(whole.getSlice(at: 2, length: 8))
        #expect(Base64.decode(slice) == ByteBuffer(string: "foob"))
        var target = ByteBuffer(string: ">")
        Base64.encode(try #require(ByteBuffer(string: "--foob").getSlice(at: 2, length: 4)), into: &target)
        #expect(String(buffer: target) == ">Zm9vYg==")
    }
}
