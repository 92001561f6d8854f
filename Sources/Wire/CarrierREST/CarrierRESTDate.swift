import Foundation

/// Reads the dates of carriers' call objects.
enum CarrierRESTDate {
    /// The moment that a text such as `Tue, 10 Aug 2026 08:02:17 +0000` names (RFC 5322 §3.3), or an ISO 8601 one; nil
    /// for anything else.
    static func parse(_ text: String) -> Date? {
        if let date = Self.mailDate(text) { return date }
        // Not thrown on: a date that cannot be read is one that was not told.
        return try? Date(text, strategy: .iso8601)
    }

    private static func mailDate(_ text: String) -> Date? {
        var parts = text.split { $0 == " " || $0 == "," || $0 == ":" }.map(String.init)
        if let first = parts.first, Int(first) == nil { parts.removeFirst() }
        guard parts.count == 7, let month = Self.months.firstIndex(of: parts[1].lowercased()),
            let day = Int(parts[0]), let year = Int(parts[2]), let hour = Int(parts[3]), let minute = Int(parts[4]),
            let second = Int(parts[5]), let offset = Self.offset(parts[6]), (1...31).contains(day),
            (1970...9999).contains(year), (0...23).contains(hour), (0...59).contains(minute), (0...60).contains(second)
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
        return calendar.date(from: components)?.addingTimeInterval(-Double(offset))
    }

    /// Seconds east of Greenwich.
    private static func offset(_ zone: String) -> Int? {
        if ["GMT", "UT", "UTC", "Z"].contains(zone.uppercased()) { return 0 }
        guard zone.utf8.count == 5, let sign = ["+": 1, "-": -1][String(zone.prefix(1))],
            zone.dropFirst().allSatisfy(\.isNumber), let number = Int(zone.dropFirst())
        else { return nil }
        return sign * (number / 100 * 3600 + number % 100 * 60)
    }

    private static let months = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ]
}
