/// Checks the time of an appointment as Claude writes it (ISO 8601).
enum AppointmentTime {
    /// The text, if it is a date that exists, alone or with a time of day and an offset; nil otherwise.
    ///
    /// `2026-11-24`, `2026-11-24T10:00`, `2026-11-24T10:00:00Z`, `2026-11-24 10:00:00.5+01:00`. A text without an
    /// offset stays without one: nobody said in which zone the appointment is.
    static func checked(_ text: String) -> String? {
        let date = /([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[Tt ](.+))?/
        guard let match = text.wholeMatch(of: date), let year = Int(match.1), let month = Int(match.2),
            let day = Int(match.3), (1...12).contains(month), (1...Self.dayCount(month, year)).contains(day)
        else { return nil }
        if let time = match.4, !Self.isTime(time) { return nil }
        return text
    }

    private static func isTime(_ text: Substring) -> Bool {
        let time = /([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.[0-9]{1,9})?)?(?:[Zz]|[+-]([0-9]{2}):?([0-9]{2})?)?/
        guard let match = text.wholeMatch(of: time) else { return false }
        func isWithin(_ digits: Substring?, _ bound: Int) -> Bool {
            guard let digits else { return true }
            return Int(digits).map { $0 < bound } ?? false
        }
        return isWithin(match.1, 24) && isWithin(match.2, 60) && isWithin(match.3, 60) && isWithin(match.4, 24)
            && isWithin(match.5, 60)
    }

    private static func dayCount(_ month: Int, _ year: Int) -> Int {
        switch month {
        case 2: year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400)) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
