import NIOCore
import Wire

/// A carrier in virtual time: plays what it gets in order and in real time, a constant delay after it came.
struct SimulatedCarrier {
    let format: AudioFormat
    let delay: Duration
    /// Everything that was ever received.
    private(set) var received: [UInt8] = []
    private(set) var messages: [Int] = []
    /// How long the line was silent between two pieces of audio.
    private(set) var silences: [Duration] = []
    private(set) var greatestLead = Duration.zero
    private var pieces: [(start: ContinuousClock.Instant, byteCount: Int)] = []
    private var playEnd: ContinuousClock.Instant?
    private var marks: [(name: String, due: ContinuousClock.Instant)] = []
    private var playedBeforeClear = 0

    init(format: AudioFormat, delay: Duration = .zero) {
        self.format = format
        self.delay = delay
    }

    mutating func receive(audio: ByteBuffer, at now: ContinuousClock.Instant) {
        let arrival = now + self.delay
        if let end = self.playEnd, end < arrival { self.silences.append(end.duration(to: arrival)) }
        let start = max(arrival, self.playEnd ?? arrival)
        let length = self.format.duration(byteCount: audio.readableBytes)
        self.pieces.append((start, audio.readableBytes))
        self.playEnd = start + length
        self.greatestLead = max(self.greatestLead, arrival.duration(to: start + length))
        self.received += Array(audio.readableBytesView)
        self.messages.append(audio.readableBytes)
    }

    mutating func receive(mark: String, at now: ContinuousClock.Instant) {
        self.marks.append((mark, max(now + self.delay, self.playEnd ?? now)))
    }

    /// Throws away what has not been played; the marks behind it come back at once.
    mutating func clear(at now: ContinuousClock.Instant) -> [String] {
        self.playedBeforeClear += self.played(pieces: self.pieces, at: now)
        self.pieces = []
        self.playEnd = nil
        defer { self.marks = [] }
        return self.marks.map(\.name)
    }

    /// The marks that are back by `now`, in order, each with its time.
    mutating func marksBack(by now: ContinuousClock.Instant) -> [(name: String, at: ContinuousClock.Instant)] {
        let due = self.marks.prefix { $0.due <= now }
        self.marks.removeFirst(due.count)
        return due.map { ($0.name, $0.due) }
    }

    var nextMark: ContinuousClock.Instant? { self.marks.first?.due }

    /// The bytes that were truly heard by `now`.
    func played(at now: ContinuousClock.Instant) -> Int {
        self.playedBeforeClear + self.played(pieces: self.pieces, at: now)
    }

    private func played(
        pieces: [(start: ContinuousClock.Instant, byteCount: Int)],
        at now: ContinuousClock.Instant
    ) -> Int {
        pieces.reduce(0) { sum, piece in
            guard piece.start < now else { return sum }
            return sum + min(piece.byteCount, self.format.byteCount(of: piece.start.duration(to: now)))
        }
    }
}
