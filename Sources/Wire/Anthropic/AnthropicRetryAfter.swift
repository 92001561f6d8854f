import Foundation
import NIOHTTP1

/// Reads how long the Messages API asks us to wait.
enum AnthropicRetryAfter {
    /// The longest wait that is believed: a day.
    private static let longest = Duration.seconds(86_400)

    /// The wait that the headers ask for: `retry-after-ms`, else `retry-after` in seconds (a fraction is allowed) or
    /// as a date (RFC 9110 §10.2.3); nil where they ask for none that can be read.
    static func wait(_ headers: HTTPHeaders, now: Date) -> Duration? {
        if let text = headers.first(name: "retry-after-ms"), let milliseconds = Self.number(text) {
            return Self.held(seconds: milliseconds / 1000)
        }
        guard let text = headers.first(name: "retry-after") else { return nil }
        if let seconds = Self.number(text) { return Self.held(seconds: seconds) }
        return Self.date(text).map { Self.held(seconds: $0.timeIntervalSince(now)) }
    }

    private static func number(_ text: String) -> Double? {
        let trimmed = text.trimmingCharacters(in: .whitespaces)
        guard trimmed.utf8.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: ".") }) else { return nil }
        return Double(trimmed)
    }

    private static func held(seconds: Double) -> Duration {
        guard seconds > 0 else { return .zero }
        return seconds < 86_400 ? .milliseconds(Int64(seconds * 1000)) : Self.longest
    }

    /// An IMF-fixdate, such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7).
    private static func date(_ text: String) -> Date? {
        let parts = text.split { $0 == " " || $0 == ":" || $0 == "," }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard parts.count == 8, parts[7] == "GMT", let month = months.firstIndex(of: String(parts[2])),
            let day = Int(parts[1]), let year = Int(parts[3]), let hour = Int(parts[4]), let minute = Int(parts[5]),
            let second = Int(parts[6])
        else { return nil }
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = .gmt
        let components = DateComponents(
            year: year,
            month: month + 1,
            day: day,
            hour: hour,
            minute: minute,
            second: second
        )
        return calendar.date(from: components)
    }
}
