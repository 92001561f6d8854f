import Foundation

/// Dates as the carriers write them.
enum CarrierDates {
    /// RFC 2822, in UTC.
    static func rfc2822(_ date: Date) -> String { self.text(date, "EEE, dd MMM yyyy HH:mm:ss +0000") }

    /// ISO 8601 with seconds, in UTC.
    static func iso8601(_ date: Date) -> String { self.text(date, "yyyy-MM-dd'T'HH:mm:ss'Z'") }

    private static func text(_ date: Date, _ pattern: String) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = pattern
        return formatter.string(from: date)
    }
}
