/// The last tones of a line: what came before a tone says whether it can be a beep.
struct TonePast: Sendable {
    struct Segment: Sendable {
        var start: Int
        var end: Int
        var frequency: Float
    }

    private var segments: (Segment?, Segment?, Segment?) = (nil, nil, nil)

    /// Remembers a tone that is over; the oldest of three is forgotten.
    mutating func add(_ run: BeepDetector.Run) {
        let segment = Segment(start: run.start, end: run.end, frequency: run.frequency)
        self.segments = (segment, self.segments.0, self.segments.1)
    }

    /// The tone is part of a melody, of the special information tones, or of a busy tone.
    func speaksAgainst(_ run: BeepDetector.Run) -> Bool {
        guard let last = self.segments.0 else { return false }
        let isOther = abs(last.frequency - run.frequency) > 30
        // Another tone ended within 100 ms before this one: a sequence.
        if isOther, run.start - last.end <= 5 { return true }
        guard let earlier = self.segments.1 else { return false }
        // Two other tones of 60 ms and more within two seconds: a melody.
        let isEarlierOther = abs(earlier.frequency - run.frequency) > 30
        if isOther, isEarlierOther, run.start - earlier.end <= 100 { return true }
        // The third of three equal tones with equal pauses: a cadence.
        guard !isOther, !isEarlierOther, run.start - last.end <= 100 else { return false }
        let lengths = (earlier.end - earlier.start, last.end - last.start)
        let pauses = (last.start - earlier.end, run.start - last.end)
        return abs(lengths.0 - lengths.1) <= 3 && abs(pauses.0 - pauses.1) <= 3
    }
}
