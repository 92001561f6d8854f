import Foundation
import NIOHTTP1
import Testing

@testable import Wire

@Suite struct AnthropicRetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 §5.6.7.
    static let now = Date(timeIntervalSince1970: 784_111_777)

    @Test(
        "seconds, fractions of them and dates are read; what is neither is no wait",
        arguments: [
            ("5", .seconds(5)), ("0", .zero), ("1.5", .milliseconds(1500)), (" 7 ", .seconds(7)),
            ("Sun, 06 Nov 1994 08:50:07 GMT", .seconds(30)), ("Mon, 07 Nov 1994 00:00:00 GMT", .seconds(54_623)),
            ("Sun, 06 Nov 1994 08:00:00 GMT", .zero), ("999999999999", .seconds(86_400)), ("soon", nil), ("", nil),
            ("-3", nil), ("inf", nil), ("nan", nil), ("1e9", nil), (".", nil), ("Sun, 06 Foo 1994 08:50:07 GMT", nil),
            ("Sun, 06 Nov 1994 08:50:07 CET", nil),
        ] as [(String, Duration?)]
    )
    func retryAfter(text: String, expected: Duration?) {
        #expect(AnthropicRetryAfter.wait(["retry-after": text], now: Self.now) == expected)
    }

    @Test("milliseconds win over seconds, unless they cannot be read")
    func milliseconds() {
        let both: HTTPHeaders = ["Retry-After": "5", "retry-after-ms": "250"]
        #expect(AnthropicRetryAfter.wait(both, now: Self.now) == .milliseconds(250))
        let broken: HTTPHeaders = ["retry-after": "5", "retry-after-ms": "soon"]
        #expect(AnthropicRetryAfter.wait(broken, now: Self.now) == .seconds(5))
        #expect(AnthropicRetryAfter.wait([:], now: Self.now) == nil)
    }
}
