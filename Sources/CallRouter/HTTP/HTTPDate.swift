import Foundation
import Synchronization

/// The date of a response (RFC 9110 §5.6.7), made once a second at most.
enum HTTPDate {
    private static let latest = Mutex<(second: Int, text: String)>((0, ""))

    /// The current date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    static var now: String {
        let second = Int(Date().timeIntervalSince1970)
        return Self.latest.withLock { latest in
            if latest.second != second { latest = (second, Self.text(second: second)) }
            return latest.text
        }
    }

    /// The date of a second since 1970, in UTC.
    static func text(second: Int) -> String {
        var time = time_t(second)
        var parts = tm()
        gmtime_r(&time, &parts)
        func two(_ number: Int32) -> String { (number < 10 ? "0" : "") + String(number) }
        let day = Self.days[Int(parts.tm_wday)]
        let month = Self.months[Int(parts.tm_mon)]
        let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
        return "\(day), \(two(parts.tm_mday)) \(month) \(parts.tm_year + 1900) \(clock) GMT"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}
