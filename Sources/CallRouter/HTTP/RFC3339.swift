import Foundation

/// Reads date-times of RFC 3339 §5.6, with any number of digits after the second and any offset.
enum RFC3339 {
    /// The moment that `text` names; nil where it is no date-time.
    ///
    /// A leap second is the second after it.
    static func date(_ text: String) -> Date? {
        var rest = Substring(text)
        guard rest.utf8.count <= 64, let year = Self.digits(4, &rest), Self.take("-", &rest),
            let month = Self.digits(2, &rest), Self.take("-", &rest), let day = Self.digits(2, &rest),
            Self.take("Tt", &rest), let hour = Self.digits(2, &rest), Self.take(":", &rest),
            let minute = Self.digits(2, &rest), Self.take(":", &rest), let second = Self.digits(2, &rest),
            let fraction = Self.fraction(&rest), let offset = Self.offset(&rest), rest.isEmpty,
            (1...12).contains(month), (1...Self.days(in: month, of: year)).contains(day), hour < 24, minute < 60,
            second <= 60
        else { return nil }
        let days = Self.daysSince1970(year: year, month: month, day: day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return Date(timeIntervalSince1970: Double(seconds) + fraction)
    }

    /// A full stop and digits; 0 where there is none.
    private static func fraction(_ rest: inout Substring) -> Double? {
        guard Self.take(".", &rest) else { return 0 }
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        return digits.isEmpty ? nil : Double("0.\(digits)")
    }

    /// `Z`, or hours and minutes ahead of UTC, in seconds.
    private static func offset(_ rest: inout Substring) -> Int? {
        if Self.take("Zz", &rest) { return 0 }
        let sign = rest.first == "-" ? -1 : 1
        guard Self.take("+-", &rest), let hours = Self.digits(2, &rest), Self.take(":", &rest),
            let minutes = Self.digits(2, &rest), hours < 24, minutes < 60
        else { return nil }
        return sign * (hours * 3600 + minutes * 60)
    }

    private static func digits(_ count: Int, _ rest: inout Substring) -> Int? {
        let digits = rest.prefix(count)
        guard digits.count == count, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        rest = rest.dropFirst(count)
        return Int(digits)
    }

    private static func take(_ characters: String, _ rest: inout Substring) -> Bool {
        guard let first = rest.first, characters.contains(first) else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func days(in month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 in the Gregorian calendar; counted in years that begin in March, so that a leap day is last.
    private static func daysSince1970(year: Int, month: Int, day: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
