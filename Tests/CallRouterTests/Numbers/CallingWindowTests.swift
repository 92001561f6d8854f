import Foundation
import Testing

@testable import CallRouter

@Suite("When a number may be called")
struct CallingWindowTests {
    private static let day = "08:00-21:00"

    private func hours(_ text: String) throws -> CallingHours { try #require(CallingHours(text)) }

    private func date(_ text: String) throws -> Date {
        try Date(text, strategy: .iso8601)
    }

    private func policy(_ hours: String, own: String? = nil) throws -> NumberPolicy {
        NumberPolicy(allowedCountries: ["US"], ownNumber: own, hours: try self.hours(hours))
    }

    @Test(
        "a number is called within the hours of its zone",
        arguments: [
            // New York, five hours behind in winter and four in summer.
            ("+12125550123", "2026-01-15T12:59:59Z", "2026-01-15T13:00:00Z"),
            ("+12125550123", "2026-01-15T13:00:00Z", "2026-01-15T13:00:00Z"),
            ("+12125550123", "2026-01-16T01:59:59Z", "2026-01-16T01:59:59Z"),
            ("+12125550123", "2026-01-16T02:00:00Z", "2026-01-16T13:00:00Z"),
            ("+12125550123", "2026-07-15T11:00:00Z", "2026-07-15T12:00:00Z"),
            // The night in which the clocks go forward, and the one in which they go back.
            ("+12125550123", "2026-03-08T03:00:00Z", "2026-03-08T12:00:00Z"),
            ("+12125550123", "2026-11-01T03:00:00Z", "2026-11-01T13:00:00Z"),
            // Hours of a quarter: Nepal.
            ("+97714123456", "2026-05-01T00:00:00Z", "2026-05-01T02:15:00Z"),
            // Australia has several zones, of which the Cocos Islands are the last to open.
            ("+61912345678", "2026-07-01T20:00:00Z", "2026-07-02T01:30:00Z"),
        ]
    )
    func examples(number: String, from: String, opening: String) throws {
        #expect(
            try self.policy(Self.day).nextOpening(for: number, from: self.date(from)) == self.date(opening),
            "\(number) from \(from)"
        )
    }

    @Test("without hours every moment will do, and a fraction of a second within the hours is kept")
    func noHours() throws {
        let date = try self.date("2026-01-15T06:00:00Z").addingTimeInterval(0.25)
        let always = NumberPolicy(allowedCountries: ["US"], ownNumber: nil, hours: nil)
        #expect(always.nextOpening(for: "+12125550123", from: date) == date)
        let open = try self.date("2026-01-15T16:00:00Z").addingTimeInterval(0.25)
        #expect(try self.policy(Self.day).nextOpening(for: "+12125550123", from: open) == open)
    }

    @Test("a number of unknown zone is called in the own number's hours, and with none by the clock of Greenwich")
    func unknownZone() throws {
        let night = try self.date("2026-01-15T03:00:00Z")
        #expect(
            try self.policy(Self.day).nextOpening(for: "+80012345678", from: night) == self.date("2026-01-15T08:00:00Z")
        )
        let own = try self.policy(Self.day, own: "+4930123456")
        #expect(try own.nextOpening(for: "+80012345678", from: night) == self.date("2026-01-15T07:00:00Z"))
        #expect(try own.nextOpening(for: "no number", from: night) == self.date("2026-01-15T07:00:00Z"))
    }

    @Test("where no moment suits all zones, the first that suits most is taken, and it is still one when it has come")
    func noCommonHours() throws {
        let zones = ["Pacific/Auckland", "America/New_York", "America/Toronto"].compactMap { TimeZone(identifier: $0) }
        let window = CallingWindow(hours: try self.hours("09:00-10:00"), zones: zones)
        let opening = window.opening(from: try self.date("2026-01-15T16:00:00Z"))
        #expect(try opening == self.date("2026-01-16T14:00:00Z"))
        #expect(window.opening(from: opening) == opening)
        #expect(window.opening(from: opening.addingTimeInterval(1800)) == opening.addingTimeInterval(1800))
        // All of North America, from Newfoundland to Guam, has no such hour in common.
        let fictional = try self.policy("09:00-12:00").nextOpening(for: "+15551234567", from: opening)
        #expect(fictional.timeIntervalSince(opening) <= 86_400)
    }

    @Test("the likely zone is the own one among several, else the one in the middle")
    func likelyZone() throws {
        let policy = try self.policy(Self.day, own: "+442079460958")
        #expect(policy.timeZone(of: "+12125550123")?.identifier == "America/New_York")
        #expect(policy.timeZone(of: "+447400123456")?.identifier != nil)
        #expect(policy.timeZone(of: "+80012345678") == nil)
        #expect(policy.timeZone(of: "nobody") == nil)
        let middle = try #require(policy.timeZone(of: "+15551234567"))
        let hours = middle.secondsFromGMT() / 3600
        #expect((-6 ... -3).contains(hours))
    }

    @Test(
        "an opening is what a scan of every minute finds, in all kinds of zones and over changes of the clocks",
        arguments: ["08:00-21:00", "22:00-06:00", "00:30-03:15", "09:00-17:00", "00:00-24:00", "20:00-02:30"]
    )
    func scan(text: String) throws {
        let hours = try self.hours(text)
        let names = [
            "America/New_York", "Europe/London", "Australia/Lord_Howe", "America/St_Johns", "Asia/Kathmandu",
            "America/Santiago", "Africa/Casablanca", "Pacific/Apia", "Asia/Kolkata", "America/Phoenix", "Africa/Cairo",
        ]
        let starts = ["2026-03-06T00:00:00Z", "2026-03-27T00:00:00Z", "2026-04-03T00:00:00Z", "2026-10-30T00:00:00Z"]
        var random = SeededGenerator(seed: 21)
        for start in try starts.map(self.date) {
            for _ in 0..<6 {
                let zones = names.shuffled(using: &random).prefix(Int.random(in: 1...3, using: &random))
                    .compactMap { TimeZone(identifier: $0) }
                let window = CallingWindow(hours: hours, zones: zones)
                let from = start.addingTimeInterval(TimeInterval(Int.random(in: 0..<4 * 1440, using: &random) * 60))
                let scanned = (0..<8 * 1440).lazy.map { from.addingTimeInterval(TimeInterval($0 * 60)) }
                    .first { moment in zones.allSatisfy { Self.isOpen(moment, in: $0, hours: hours) } }
                let found = window.opening(from: from)
                if let scanned {
                    #expect(found == scanned, "\(zones.map(\.identifier)) from \(from)")
                } else {
                    #expect(found.timeIntervalSince(from) <= 86_400)
                }
            }
        }
    }

    /// By the calendar rather than by arithmetic.
    private static func isOpen(_ date: Date, in zone: TimeZone, hours: CallingHours) -> Bool {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = zone
        let parts = calendar.dateComponents([.hour, .minute], from: date)
        return hours.contains(minute: (parts.hour ?? 0) * 60 + (parts.minute ?? 0))
    }
}
