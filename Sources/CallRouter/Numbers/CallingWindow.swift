import Foundation

/// Finds the moments at which it is a decent time to call, in several time zones at once.
package struct CallingWindow: Sendable {
    /// How far ahead a moment is looked for that suits all zones: past every change of the clocks of a week.
    static let horizon: TimeInterval = 8 * 86_400
    /// How far ahead is looked for the moment that suits most zones: hours repeat every day.
    private static let day: TimeInterval = 86_400

    package let hours: CallingHours
    package let zones: [TimeZone]

    /// - Parameters:
    ///   - hours: The part of the local day in which people are called.
    ///   - zones: Where the phone may ring; at least one.
    package init(hours: CallingHours, zones: [TimeZone]) {
        self.hours = hours
        self.zones = zones
    }

    /// The first moment from `date` on that lies within the hours of all zones; `date` itself where it does.
    ///
    /// Where the zones are so far apart that no moment suits all of them, it is the first at which it suits as many as
    /// it can within a day: the call would never be made otherwise.
    package func opening(from date: Date) -> Date {
        var moment = date
        let limit = date.addingTimeInterval(Self.horizon)
        while moment <= limit {
            let next = self.zones.reduce(moment) { max($0, self.opening(from: moment, in: $1)) }
            guard next > moment else { return moment }
            moment = next
        }
        return self.bestMoment(from: date)
    }

    /// Says whether `date` lies within the hours of one zone.
    package func isOpen(at date: Date, in zone: TimeZone) -> Bool {
        self.hours.contains(minute: Self.secondOfDay(date, in: zone) / 60)
    }

    // MARK: - One zone

    /// The first moment from `date` on within the hours of one zone.
    func opening(from date: Date, in zone: TimeZone) -> Date {
        var moment = date
        // Each step ends within the hours, or at a change of the clocks, of which a zone has a few a year.
        for _ in 0..<8 where !self.isOpen(at: moment, in: zone) {
            let whole = Date(timeIntervalSince1970: moment.timeIntervalSince1970.rounded(.down))
            let wait = (self.hours.start * 60 - Self.secondOfDay(whole, in: zone) + 86_400) % 86_400
            let opening = whole.addingTimeInterval(TimeInterval(wait))
            // Until then the clocks may change, and the hours with them.
            let change = zone.nextDaylightSavingTimeTransition(after: whole)
            moment = change.map { $0 > moment && $0 < opening ? $0 : opening } ?? opening
        }
        return moment
    }

    private static func secondOfDay(_ date: Date, in zone: TimeZone) -> Int {
        let second = Int(date.timeIntervalSince1970.rounded(.down)) + zone.secondsFromGMT(for: date)
        return (second % 86_400 + 86_400) % 86_400
    }

    // MARK: - No common hours

    /// The first moment within a day at which most zones are open; only an opening can make them more.
    private func bestMoment(from date: Date) -> Date {
        let end = date.addingTimeInterval(Self.day)
        var best = (moment: date, count: self.openCount(at: date))
        for moment in self.zones.map({ self.opening(from: date, in: $0) }).sorted() where moment <= end {
            let count = self.openCount(at: moment)
            if count > best.count { best = (moment, count) }
        }
        return best.moment
    }

    private func openCount(at date: Date) -> Int {
        self.zones.reduce(0) { $0 + (self.isOpen(at: date, in: $1) ? 1 : 0) }
    }
}
