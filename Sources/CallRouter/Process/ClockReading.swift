import Foundation

/// What another machine's clock said, and when ours was read around it.
struct ClockReading: Sendable, Equatable {
    /// Differences above this are told: what a `Date` header and a slow answer cannot explain.
    static let tolerance = 5.0

    /// Ours, when the question left.
    let asked: Date
    /// Ours, when the answer was there.
    let answered: Date
    /// Theirs; cut off to a whole second.
    let told: Date

    /// How far ours is ahead, in seconds: the middle of what the time of the answer leaves open; behind is negative.
    var lead: Double {
        // Theirs was between `told` and a second later at a time between `asked` and `answered`.
        let earliest = self.asked.timeIntervalSince(self.told) - 1
        let latest = self.answered.timeIntervalSince(self.told)
        return (earliest + latest) / 2
    }

    /// How wide that is, to each side.
    var uncertainty: Double { (self.answered.timeIntervalSince(self.asked) + 1) / 2 }

    /// How far ours is ahead of most of them, in whole seconds; 0 where they may agree, nil where nobody told.
    ///
    /// The middle one counts, so that one wrong clock among three says nothing.
    static func lead(of readings: [ClockReading]) -> Int? {
        guard !readings.isEmpty else { return nil }
        let sorted = readings.sorted { $0.lead < $1.lead }
        let middle = sorted[(sorted.count - 1) / 2]
        guard abs(middle.lead) - middle.uncertainty > Self.tolerance else { return 0 }
        return Int(middle.lead.rounded())
    }
}
