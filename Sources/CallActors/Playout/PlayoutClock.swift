import Wire

/// What the caller has heard of the audio that was sent on one stream, in bytes since the stream began.
///
/// The carrier plays what it gets in order and in real time; if it runs dry, it waits for the next frame. Marks that come
/// back correct the picture: the smallest delay among the last few is how late the carrier plays.
struct PlayoutClock: Sendable {
    private let format: AudioFormat
    /// All bytes sent, less what was cleared.
    private(set) var sentBytes = 0
    /// When the audio sent so far would end if the carrier played at once.
    private(set) var endsAt: ContinuousClock.Instant?
    /// How much later than sent the carrier plays: the last samples, newest last.
    private var delays: [Duration] = []
    /// A returned mark proves that this much was played.
    private(set) var proven = 0

    /// Samples that vote on the delay; with a mark each half second, two seconds of sound.
    private static let sampleCount = 4
    /// A mark that is later than this says more about the network than about the playout.
    private static let greatestDelay = Duration.seconds(2)

    init(format: AudioFormat) { self.format = format }

    /// How much later than sent the carrier plays, as far as marks have told.
    var delay: Duration { self.delays.min() ?? .zero }

    /// When the audio sent so far will have been heard.
    var heardEnd: ContinuousClock.Instant? { self.endsAt.map { $0 + self.delay } }

    mutating func sent(byteCount: Int, at now: ContinuousClock.Instant) {
        let length = self.format.duration(byteCount: byteCount)
        self.endsAt = max(self.endsAt ?? now, now) + length
        self.sentBytes += byteCount
    }

    /// How far the audio sent is ahead of real time.
    func ahead(at now: ContinuousClock.Instant) -> Duration {
        self.endsAt.map { max(.zero, now.duration(to: $0)) } ?? .zero
    }

    func isSilent(at now: ContinuousClock.Instant) -> Bool { self.heardEnd.map { $0 <= now } ?? true }

    /// The bytes heard by `now`.
    func position(at now: ContinuousClock.Instant) -> Int {
        guard let end = self.heardEnd else { return self.sentBytes }
        let left = max(.zero, now.duration(to: end))
        return max(self.proven, self.sentBytes - self.format.byteCount(of: left))
    }

    /// A mark came back: everything before `position` has been played by now.
    mutating func played(upTo position: Int, expectedAt: ContinuousClock.Instant, at now: ContinuousClock.Instant) {
        self.proven = max(self.proven, min(position, self.sentBytes))
        let late = expectedAt.duration(to: now)
        self.delays.append(min(max(.zero, late), Self.greatestDelay))
        if self.delays.count > Self.sampleCount { self.delays.removeFirst() }
    }

    /// What was sent beyond `heard` is thrown away: the stream stands where it was heard.
    mutating func cleared(heard: Int) {
        self.sentBytes = heard
        self.proven = heard
        self.endsAt = nil
    }
}
