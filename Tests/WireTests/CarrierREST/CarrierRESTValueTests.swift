import Foundation
import NIOCore
import Testing

@testable import Wire

@Suite struct CarrierRESTValueTests {
    @Test("a form keeps the order and the repetitions of its fields, and encodes what is not plain")
    func form() {
        var form: CarrierRESTForm = ["To": "+15551234567", "Url": "https://r.example/laml?a=1&b=ü"]
        form.add("StatusCallbackEvent", "initiated")
        form.add("StatusCallbackEvent", "ringing")
        #expect(
            form.encoded
                == "To=%2B15551234567&Url=https%3A%2F%2Fr.example%2Flaml%3Fa%3D1%26b%3D%C3%BC"
                + "&StatusCallbackEvent=initiated&StatusCallbackEvent=ringing"
        )
    }

    @Test(
        "the dates of call objects are read in both forms that carriers write",
        arguments: [
            "Tue, 10 Aug 2026 08:02:17 +0000", "10 Aug 2026 08:02:17 GMT", "Mon, 10 Aug 2026 10:02:17 +0200",
            "2026-08-10T08:02:17Z",
        ]
    )
    func dates(_ text: String) {
        #expect(CarrierRESTDate.parse(text) == Date(timeIntervalSince1970: 1_786_348_937))
    }

    @Test("what is no date is none", arguments: ["", "soon", "Tue, 10 Foo 2026 08:02:17 +0000", "10 Aug 2026 8:2 GMT"])
    func noDates(_ text: String) {
        #expect(CarrierRESTDate.parse(text) == nil)
    }

    @Test(
        "the carrier's code is found in both shapes of an error, and only where it is a code",
        arguments: [
            (#"{"code":20003,"message":"m","status":401}"#, "20003"), (#"{"errors":[{"code":"30010"}]}"#, "30010"),
            (#"{"code":"invalid_number"}"#, "invalid_number"), ("<html>", nil), ("{}", nil), (#"{"errors":[]}"#, nil),
            (#"{"code":"+1 555 123 4567"}"#, nil), (#"{"code":null}"#, nil),
        ] as [(String, String?)]
    )
    func errorCodes(_ body: String, _ code: String?) {
        #expect(CarrierRESTErrorBody.code(of: ByteBuffer(string: body)) == code)
    }

    @Test("a call object is read with a duration as a number or as text")
    func callObjects() throws {
        let call = try #require(
            CarrierRESTCall(
                ByteBuffer(
                    string: #"""
                        {"sid":"CA1","status":"completed","duration":"42","date_created":"Mon, 10 Aug 2026 08:02:17 +0000"}
                        """#
                )
            )
        )
        let created = Date(timeIntervalSince1970: 1_786_348_937)
        #expect(call == CarrierRESTCall(sid: "CA1", status: "completed", duration: 42, createdAt: created))
        #expect(CarrierRESTCall(ByteBuffer(string: #"{"sid":"CA1","status":"queued","duration":7}"#))?.duration == 7)
        #expect(CarrierRESTCall(ByteBuffer(string: #"{"status":"queued"}"#)) == nil)
        #expect(CarrierRESTCall(ByteBuffer(string: #"{"sid":""}"#)) == nil)
    }

    @Test("only an object with calls is a list of calls; what is no call in it is left out")
    func lists() {
        let list = CarrierRESTCall.list(ByteBuffer(string: #"{"calls":[{"sid":"CA2","status":"busy"},{},7]}"#))
        #expect(list == [CarrierRESTCall(sid: "CA2", status: "busy")])
        #expect(CarrierRESTCall.list(ByteBuffer(string: "{}")) == nil)
        #expect(CarrierRESTCall.list(ByteBuffer(string: "not found")) == nil)
    }

    @Test("no bytes whatever make the readers of the carrier's answers fail")
    func fuzz() {
        var random = SplitMix(state: 7)
        let seed = Array(
            #"{"calls":[{"sid":"CA2","status":"busy","duration":"4","date_created":"Mon, 10 Aug 2026 08:02:17 +0000"}],"code":1}"#
                .utf8
        )
        for _ in 0..<2_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                if Bool.random(using: &random) {
                    bytes[index] = UInt8.random(in: 0...255, using: &random)
                } else {
                    bytes.remove(at: index)
                }
            }
            let body = ByteBuffer(bytes: bytes)
            _ = CarrierRESTCall.list(body)
            _ = CarrierRESTErrorBody.code(of: body)
            _ = CarrierRESTDate.parse(String(decoding: bytes.suffix(40), as: UTF8.self))
        }
    }

    private struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            self.state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = self.state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }
    }
}
