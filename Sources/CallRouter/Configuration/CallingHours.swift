/// The part of the day in which people are called, in minutes of their local day.
package struct CallingHours: Sendable, Equatable {
    /// Minutes after midnight; `end` may be before `start`, and the hours then go past midnight.
    package let start: Int
    package let end: Int

    /// Reads `08:00-21:00`; nil where the text is anything else, or the hours are empty.
    package init?(_ text: String) {
        let times = text.split(separator: "-", omittingEmptySubsequences: false).map(Self.minutes)
        guard times.count == 2, let start = times[0], let end = times[1], start != end else { return nil }
        self.start = start
        self.end = end
    }

    /// Says whether people may be called at this minute of their day.
    package func contains(minute: Int) -> Bool {
        self.start < self.end
            ? (self.start..<self.end).contains(minute) : minute >= self.start || minute < self.end
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ $0.count == 2 && $0.allSatisfy(\.isNumber) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute),
            hour * 60 + minute <= 24 * 60
        else { return nil }
        return hour * 60 + minute
    }
}
