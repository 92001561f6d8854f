import CallRouter
import Foundation
import Testing

@Suite struct CallCursorTests {
    @Test("a cursor comes back as it was, with an exact time and any identifier")
    func roundTrip() {
        for callID in ["", "0b9f7c1e-1f0a-4a4e-9a3c-2f1d0c9b8a7e", "with:colon", "naïve 😀"] {
            let cursor = CallCursor(
                createdAt: Date(timeIntervalSinceReferenceDate: 812_345_678.123_456_7),
                callID: callID
            )
            #expect(CallCursor(cursor.text) == cursor)
            let isURLSafe = cursor.text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }
            #expect(isURLSafe)
        }
    }

    @Test(
        "what is no cursor is refused",
        arguments: [
            "", "x", "!!!!", "bm8gY29sb24", "enp6OmNhbGw", "N2ZmMDAwMDAwMDAwMDAwMDpjYWxs",
            String(repeating: "A", count: 600),
        ]
    )
    func refusesGarbage(text: String) { #expect(CallCursor(text) == nil) }

    @Test("no bytes make the reader fail")
    func fuzz() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2_000 {
            let bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if let cursor = CallCursor(Data(bytes).base64EncodedString()) { #expect(CallCursor(cursor.text) == cursor) }
            _ = CallCursor(String(decoding: bytes, as: UTF8.self))
        }
    }
}
